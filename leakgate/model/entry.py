"""What an entry of the config runs: one value for each kind of target. How a kind is started: ``leakgate/targets``."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptEntry:
    """A Python file, or a folder or zip file with a ``__main__.py``."""

    path: Path
    """Absolute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleEntry:
    """A module or package, run as ``python -m`` runs it."""

    module: str
    """Dotted name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandEntry:
    """Any command: a console script, an interpreter with options, a program that is not Python."""

    words: tuple[str, ...]
    """The program and its arguments; no shell reads them."""


Entry = ScriptEntry | ModuleEntry | CommandEntry
"""Each member has a kind in the registry of ``leakgate/targets/kind.py``."""
