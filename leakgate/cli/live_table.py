"""The live table of one target on stderr: drawn on a terminal, printed line by line in a log."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import RenderableType
from rich.live import Live

from leakgate.cli.console import is_terminal, say, style_of
from leakgate.cli.progress import EXTENDED, FRAMES_PER_S, Track, console_for
from leakgate.model.report import TargetResult
from leakgate.model.target import TargetSpec
from leakgate.ports import NoProgress, Progress
from leakgate.report import live
from leakgate.report.style import Detail, Style

ROWS = 14
EXPLAINING = "explaining"
START_S = 0.5
"""Before this time (seconds) the interpreter is still starting, and a row would show nothing about the script."""

OWN_PHASES = frozenset({EXPLAINING, "stopping", "entering", "leaving"})
"""Phases without rows: the memory of tracing and of the probe is not the script's."""


@contextmanager
def live_table(
    target: TargetSpec, interval_s: float, thresholds: live.AlertLevels, detail: Detail
) -> Iterator[Progress]:
    """Show one target while it is watched: a table that is redrawn on a terminal, or lines in a log."""
    style = style_of(sys.stderr, detail)
    if detail is Detail.QUIET:
        yield NoProgress()
        return
    table = LiveTable(target, interval_s, thresholds, style)
    if not is_terminal(sys.stderr):
        yield table
        return
    table.silent = True
    with Live(
        console=console_for(style),
        get_renderable=table.picture,
        refresh_per_second=FRAMES_PER_S,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ):
        yield table


class LiveTable:
    """The rows of one script, drawn live on a terminal or printed line by line in a log."""

    def __init__(self, target: TargetSpec, interval_s: float, thresholds: live.AlertLevels, style: Style) -> None:
        self.silent = False
        self._target = target
        self._interval_s = interval_s
        self._thresholds = thresholds
        self._style = style
        self._lock = threading.Lock()
        self._track = Track(target.duration_s)
        self._readings: list[live.Reading] = []
        self._printed_rows = 0
        self._explained = False

    def picture(self) -> RenderableType:
        """Return the table with the rows so far."""
        with self._lock:
            running = self._track.running(self._target.name)
            return live.monitor(running, self._rows(), most_rows=ROWS, style=self._style)

    def _rows(self) -> tuple[live.Interval, ...]:
        return live.intervals(self._readings, self._interval_s, self._thresholds)

    def run_started(self, targets: tuple[TargetSpec, ...]) -> None:
        """Do nothing: there is nothing to show yet."""

    def target_started(self, target: TargetSpec) -> None:
        """Print the start of the target, in a log."""
        if not self.silent:
            say(live.started_line(target.name, target.duration_s))

    def reading(
        self, target: TargetSpec, at_s: float, rss_bytes: int, heap_bytes: int | None, native_bytes: int | None
    ) -> None:
        """Add a reading to the picture, and keep the first reading of each interval for the rows."""
        del target
        with self._lock:
            if at_s < START_S or self._track.phase in OWN_PHASES:
                return
            self._track.add(at_s, rss_bytes)
            step = int(at_s / self._interval_s + 1e-9)
            if self._readings and len(self._readings) > step:
                return
            self._readings.append(
                live.Reading(at_s=at_s, rss_bytes=rss_bytes, heap_bytes=heap_bytes, native_bytes=native_bytes)
            )
            rows = self._rows()
        if not self.silent and len(rows) > self._printed_rows:
            self._printed_rows = len(rows)
            say(live.interval_line(rows[-1]))

    def phase(self, target: TargetSpec, phase: str) -> None:
        """Record the phase that begins. In a log, print when the closer look or the extension begins."""
        with self._lock:
            self._track.enter(phase)
        if self.silent:
            return
        if phase == EXPLAINING and not self._explained:
            self._explained = True
            say(f"{target.name}: looking closer at what grows")
        elif phase == EXTENDED:
            say(live.extended_line(target.name, target.duration_s, self._track.duration_s))

    def tests(self, target: TargetSpec, done: int, total: int) -> None:
        """Do nothing: a program that is watched has no tests."""

    def target_finished(self, result: TargetResult) -> None:
        """Do nothing: the report shows the result."""

    def run_finished(self) -> None:
        """Do nothing: there is nothing left to show."""
