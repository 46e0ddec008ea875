"""``pytest``: a test suite. Each of its tests is repeated and judged separately."""

import re
import shlex
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Final

from leakgate.model.entry import TestsEntry
from leakgate.model.target import TargetSpec
from leakgate.targets.process_plan import ProbeMode, ProcessPlan

_XDIST: Final = re.compile(r"(?:-n|--numprocesses)(?:=|\s+)?(\d+|auto|logical)")
"""The option of pytest-xdist, with its value joined by a space."""


class TestsKind:
    """Runs pytest and repeats each test."""

    __test__ = False

    key = "pytest"
    entry_type = TestsEntry

    def split(self, text: str) -> tuple[str, ...]:
        """Return the words as a POSIX shell splits them. Raises ValueError with a message for users."""
        try:
            return tuple(shlex.split(text))
        except ValueError as error:
            raise ValueError(f"cannot be split into words: {error}") from None

    def read(self, words: tuple[str, ...]) -> TestsEntry:
        """Return the entry of pytest's arguments. There may be none."""
        return TestsEntry(words=words)

    def words(self, entry: TestsEntry) -> tuple[str, ...]:
        """Return the arguments."""
        return entry.words

    def default_name(self, entry: TestsEntry) -> str:
        """Return ``pytest`` and the first folder or file among the arguments."""
        first = next((word for word in entry.words if not word.startswith("-")), "")
        return f"pytest {first}".strip()

    def pinned_file(self, entry: TestsEntry, cwd: Path) -> Path | None:
        """Return the first file among the arguments; None if there is none."""
        files = (cwd / word.partition("::")[0] for word in entry.words if not word.startswith("-"))
        return next((file for file in files if file.is_file()), None)

    def title(self, entry: TestsEntry) -> tuple[str, ...]:
        """Return the command as a user would type it."""
        return ("pytest", *entry.words)

    def problem(self, spec: TargetSpec, entry: TestsEntry) -> str:
        """Return an empty text: pytest itself reports wrong arguments."""
        del spec, entry
        return ""

    def advice(self, entry: TestsEntry, stderr: str) -> str:
        """Return an empty text: pytest's own messages are clear."""
        del entry, stderr
        return ""

    def start(self, spec: TargetSpec, entry: TestsEntry, env: Mapping[str, str]) -> ProcessPlan:
        """Return the plan of the runner on the project's interpreter. Its order says what to repeat."""
        del entry
        return ProcessPlan(
            argv=(str(spec.python),), env=MappingProxyType(dict(env)), cwd=spec.cwd, probe=ProbeMode.REPEATING
        )


def processes_of_xdist(words: tuple[str, ...]) -> str:
    """Return the value of the option ``-n`` of pytest-xdist: digits or ``auto``; empty if the option is missing.

    leakgate starts the processes of a suite itself. It takes the number from here, so that the arguments that spread a
    suite under pytest spread it under leakgate too.
    """
    pairs = [*pairwise(words), *((word, "") for word in words)]
    found = [match[1] for name, value in pairs if (match := _XDIST.fullmatch(f"{name} {value}".strip()))]
    return "auto" if found and found[-1] == "logical" else next(iter(found[-1:]), "")
