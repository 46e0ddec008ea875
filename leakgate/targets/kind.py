"""The kinds of targets: the protocol that each kind implements, and the registry. Each kind has its own file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from leakgate.model.entry import Entry
from leakgate.model.target import TargetSpec
from leakgate.targets.call_kind import CallKind
from leakgate.targets.command_kind import CommandKind
from leakgate.targets.module_kind import ModuleKind
from leakgate.targets.path_kind import PathKind
from leakgate.targets.process_plan import ProcessPlan
from leakgate.targets.tests_kind import TestsKind

E = TypeVar("E")


class TargetKind(Protocol[E]):
    """One way to specify what to run."""

    key: str
    """The key in the config, which is also the name of the kind in results and sessions."""
    entry_type: type[E]

    def split(self, text: str) -> tuple[str, ...]:
        """Return the words of an entry that the config has as one text. Raises ValueError with a message for users."""
        ...

    def read(self, words: tuple[str, ...]) -> E:
        """Return the entry of its words, from the config or a session. Raises ValueError with a message for users."""
        ...

    def words(self, entry: E) -> tuple[str, ...]:
        """Return the words from which ``read`` makes the same entry."""
        ...

    def default_name(self, entry: E) -> str:
        """Return the name of a script for which the config has no name."""
        ...

    def title(self, entry: E) -> tuple[str, ...]:
        """Return what is run, as words for the user."""
        ...

    def pinned_file(self, entry: E, cwd: Path) -> Path | None:
        """Return the file of the project to which a report points if it has no better place; None if there is none."""
        ...

    def problem(self, spec: TargetSpec, entry: E) -> str:
        """Return what is wrong with an entry, checked on disk before anything runs; empty if nothing is."""
        ...

    def advice(self, entry: E, stderr: str) -> str:
        """Return advice for a script that failed with this last output; empty if no advice is certain to help."""
        ...

    def start(self, spec: TargetSpec, entry: E, env: Mapping[str, str]) -> ProcessPlan:
        """Return how the first process is started in this environment."""
        ...


KINDS: Final[tuple[TargetKind[Any], ...]] = (
    PathKind(),
    ModuleKind(),
    CommandKind(),
    CallKind(),
    TestsKind(),
)
"""The kinds, in the order in which help and errors name them."""

KEYS: Final = tuple(kind.key for kind in KINDS)


def kind_of(entry: Entry) -> TargetKind[Any]:
    """Return the kind of an entry."""
    return next(kind for kind in KINDS if isinstance(entry, kind.entry_type))


def kind_named(key: str) -> TargetKind[Any]:
    """Return the kind with this key. Raises ValueError if there is none."""
    found = next((kind for kind in KINDS if kind.key == key), None)
    if found is None:
        raise ValueError(f"unknown kind of target {key!r}")
    return found


def default_name(entry: Entry) -> str:
    """Return the name of a script for which the config has no name."""
    return kind_of(entry).default_name(entry)


def command_line(spec: TargetSpec) -> tuple[str, ...]:
    """Return what is run with its arguments, as words for the user."""
    return (*kind_of(spec.entry).title(spec.entry), *spec.args)


def pinned_file(spec: TargetSpec) -> Path | None:
    """Return the file of the project that represents a script in reports; None if there is none."""
    return kind_of(spec.entry).pinned_file(spec.entry, spec.cwd)
