"""The program that an entry of the config runs: a class for each kind of target. ``leakgate/targets`` starts them."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptEntry:
    """A Python file, or a folder or zip file with a ``__main__.py``."""

    path: Path
    """An absolute path."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEntry:
    """A callable without arguments, called again and again."""

    path: str
    """``package.module:name``; dots after the colon lead into attributes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestsEntry:
    """A test suite: each test is repeated and judged separately."""

    __test__ = False

    words: tuple[str, ...]
    """Arguments of pytest."""


Entry = ScriptEntry | ModuleEntry | CommandEntry | CallEntry | TestsEntry
"""Each member has a kind in the registry of ``leakgate/targets/kind.py``."""
