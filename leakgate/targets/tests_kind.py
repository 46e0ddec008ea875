"""``pytest``: a test suite whose tests are repeated, each judged by itself."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from leakgate.model.entry import TestsEntry
from leakgate.model.target import TargetSpec
from leakgate.targets.process_plan import ProbeMode, ProcessPlan


class TestsKind:
    """Runs pytest and repeats each test."""

    __test__ = False

    key = "pytest"
    entry_type = TestsEntry

    def split(self, text: str) -> tuple[str, ...]:
        """As a POSIX shell splits words. Raises ValueError with a sentence for users."""
        try:
            return tuple(shlex.split(text))
        except ValueError as error:
            raise ValueError(f"cannot be split into words: {error}") from None

    def read(self, words: tuple[str, ...]) -> TestsEntry:
        """The entry of pytest's arguments; there may be none."""
        return TestsEntry(words=words)

    def words(self, entry: TestsEntry) -> tuple[str, ...]:
        """The arguments."""
        return entry.words

    def default_name(self, entry: TestsEntry) -> str:
        """``pytest``, and the first folder or file that it is given."""
        first = next((word for word in entry.words if not word.startswith("-")), "")
        return f"pytest {first}".strip()

    def pinned_file(self, entry: TestsEntry, cwd: Path) -> Path | None:
        """The first file that pytest is given, where there is one."""
        files = (cwd / word.partition("::")[0] for word in entry.words if not word.startswith("-"))
        return next((file for file in files if file.is_file()), None)

    def title(self, entry: TestsEntry) -> tuple[str, ...]:
        """As it is typed."""
        return ("pytest", *entry.words)

    def problem(self, spec: TargetSpec, entry: TestsEntry) -> str:
        """Pytest itself says which of its arguments are wrong."""
        del spec, entry
        return ""

    def advice(self, entry: TestsEntry, stderr: str) -> str:
        """Pytest's own words are clear."""
        del entry, stderr
        return ""

    def start(self, spec: TargetSpec, entry: TestsEntry, env: Mapping[str, str]) -> ProcessPlan:
        """The runner on the project's interpreter; what it repeats stands in its order."""
        del entry
        return ProcessPlan(
            argv=(str(spec.python),), env=MappingProxyType(dict(env)), cwd=spec.cwd, probe=ProbeMode.REPEATING
        )
