"""The kinds of targets: the protocol that each of them follows, and the registry. One file for each kind."""

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
    """One way of saying what is run."""

    key: str
    """The key of the config; also the name of the kind in results and sessions."""
    entry_type: type[E]

    def split(self, text: str) -> tuple[str, ...]:
        """The words of an entry that the config has as one text. Raises ValueError with a sentence for users."""
        ...

    def read(self, words: tuple[str, ...]) -> E:
        """The entry of its words, as the config or a session has them. Raises ValueError with a sentence for users."""
        ...

    def words(self, entry: E) -> tuple[str, ...]:
        """What ``read`` makes the same entry of."""
        ...

    def default_name(self, entry: E) -> str:
        """The name of a script that gives itself none."""
        ...

    def title(self, entry: E) -> tuple[str, ...]:
        """What is run, in words for people."""
        ...

    def pinned_file(self, entry: E, cwd: Path) -> Path | None:
        """The file of the project that a report points at when it has no better place; None where there is none."""
        ...

    def problem(self, spec: TargetSpec, entry: E) -> str:
        """What is wrong with an entry, found by a look at the disk before anything runs; empty: nothing."""
        ...

    def advice(self, entry: E, stderr: str) -> str:
        """What to do about a script that failed and said this last; empty where no advice is sure to help."""
        ...

    def start(self, spec: TargetSpec, entry: E, env: Mapping[str, str]) -> ProcessPlan:
        """How its first process is started in this environment."""
        ...


KINDS: Final[tuple[TargetKind[Any], ...]] = (
    PathKind(),
    ModuleKind(),
    CommandKind(),
    CallKind(),
    TestsKind(),
)
"""In the order in which help and errors name them."""

KEYS: Final = tuple(kind.key for kind in KINDS)


def kind_of(entry: Entry) -> TargetKind[Any]:
    """The kind that an entry belongs to."""
    return next(kind for kind in KINDS if isinstance(entry, kind.entry_type))


def kind_named(key: str) -> TargetKind[Any]:
    """The kind with this key. Raises ValueError where there is none."""
    found = next((kind for kind in KINDS if kind.key == key), None)
    if found is None:
        raise ValueError(f"unknown kind of target {key!r}")
    return found


def default_name(entry: Entry) -> str:
    """The name of a script that gives itself none."""
    return kind_of(entry).default_name(entry)


def command_line(spec: TargetSpec) -> tuple[str, ...]:
    """What is run, in words for people, with its arguments."""
    return (*kind_of(spec.entry).title(spec.entry), *spec.args)


def pinned_file(spec: TargetSpec) -> Path | None:
    """The file of the project that stands for a script."""
    return kind_of(spec.entry).pinned_file(spec.entry, spec.cwd)
