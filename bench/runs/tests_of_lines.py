"""Which unit tests run a line of a room: a mutant needs only the tests that can detect it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from coverage import Coverage

NO_TEST = ""
"""The context of lines that run outside of every test."""


@dataclass(slots=True)
class Recorder:
    """A plugin of pytest that records which lines of the watched files each test runs, and how long each test took."""

    watched: list[str]
    """The patterns of `coverage` for the files."""
    coverage: Coverage = field(init=False)
    took_s: dict[str, float] = field(default_factory=dict)
    failed: bool = False

    def __post_init__(self) -> None:
        """Start to record."""
        self.coverage = Coverage(data_file=None, config_file=False, include=self.watched)
        self.coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Charge the lines that run now to this test, with its fixtures."""
        self.coverage.switch_context(item.nodeid)
        try:
            return (yield)
        finally:
            self.coverage.switch_context(NO_TEST)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how long a test took, and whether it failed."""
        self.failed = self.failed or report.failed
        self.took_s[report.nodeid] = self.took_s.get(report.nodeid, 0.0) + report.duration

    def recorded(self) -> "TestsOfLines":
        """End the record and return it."""
        self.coverage.stop()
        data = self.coverage.get_data()
        return TestsOfLines(
            by_line={
                Path(file).relative_to(Path.cwd()).as_posix(): {
                    line: [test for test in tests if test != NO_TEST]
                    for line, tests in data.contexts_by_lineno(file).items()
                }
                for file in data.measured_files()
            },
            took_s=self.took_s,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TestsOfLines:
    """By module and line, the identifiers of the tests that run it, as :class:`Recorder` saw them."""

    __test__ = False

    by_line: dict[str, dict[int, list[str]]]
    took_s: dict[str, float]
    """By test, seconds with its fixtures."""

    def nearest(self, module: str, line: int, around: range) -> list[str]:
        """Return the tests that run lines of a function: those that run ``line`` first, and quick ones first.

        ``around`` are the lines of the function. A line of an expression that is written on several lines is not
        always seen, so the tests of the other lines are needed too.
        """
        lines = self.by_line.get(module, {})
        at = frozenset(lines.get(line, []))
        inside = {test for number in around for test in lines.get(number, [])}
        return sorted(inside, key=lambda test: (test not in at, self.took_s.get(test, 0.0), test))
