"""Progress on stderr, so that stdout stays clean: a live picture on a terminal, plain lines in a log."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console, RenderableType
from rich.live import Live

from leakgate.cli.console import is_terminal, say, style_of
from leakgate.growth import thresholds
from leakgate.model.entry import CallEntry, TestsEntry
from leakgate.model.report import TargetResult
from leakgate.model.target import TargetSpec
from leakgate.model.units import format_duration
from leakgate.ports import NoProgress, Progress
from leakgate.report import live
from leakgate.report.style import Detail, Style

FRAMES_PER_S: Final = 4
EXTENDED: Final = "extended"
"""The phase of a script that is watched for longer than its duration."""
CONFIRMING: Final = "confirming"
"""The phase of a suite or a callable in which leakgate repeats those that grew again, for longer."""
SUITE_LINE_S: Final = 30.0
"""Seconds between two lines about a test suite in a log."""
MOST_READINGS: Final = 240
"""The largest number of readings in the picture of one script; beyond that, every second one is dropped."""


@contextmanager
def progress_on_stderr(targets: tuple[TargetSpec, ...], detail: Detail) -> Iterator[Progress]:
    """Show progress while scripts are measured."""
    style = style_of(sys.stderr, detail)
    if detail is Detail.QUIET:
        yield NoProgress()
    elif is_terminal(sys.stderr):
        board = Board(len(targets), style)
        with board.shown():
            yield board
    else:
        yield LogLines(style)


def console_for(style: Style) -> Console:
    """The console on stderr that draws live pictures."""
    return Console(
        stderr=True, width=style.width, color_system="auto" if style.color else None, highlight=False, emoji=False
    )


@dataclass(slots=True)
class Track:
    """What is known about one running script."""

    duration_s: float
    phase: str = "starting"
    elapsed_s: float = 0.0
    rss_bytes: list[float] = field(default_factory=list)
    began_s: float = field(default_factory=time.monotonic)
    confirming_since_s: float | None = None
    """When the suspects of a suite began to be confirmed (monotonic clock); None: not yet."""

    def enter(self, phase: str) -> None:
        """Start a phase. An extended watch has more time."""
        if phase == EXTENDED:
            self.duration_s *= thresholds.IN_FORCE.pacing.extension
        if phase == CONFIRMING:
            self.confirming_since_s = time.monotonic()
        self.phase = phase

    def count(self, done: int, total: int) -> None:
        """Record how many tests, or suspects, are done, and estimate the whole duration from it."""
        now = time.monotonic()
        self.elapsed_s = now - self.began_s
        if self.confirming_since_s is None:
            since_s = self.began_s
            self.phase = f"{done} of {total} tests" if total else "collecting tests"
        else:
            since_s = self.confirming_since_s
            self.phase = f"confirmed {done} of {total}" if total else CONFIRMING
        self.duration_s = self.elapsed_s + (now - since_s) * (total - done) / done if done else 0.0

    def add(self, at_s: float, rss_bytes: int) -> None:
        """Add a reading. If there are too many for the picture, drop every second one."""
        self.elapsed_s = at_s
        self.rss_bytes.append(float(rss_bytes))
        if len(self.rss_bytes) > MOST_READINGS:
            del self.rss_bytes[1::2]

    def running(self, name: str) -> live.Running:
        """Return the track as a value that can be drawn."""
        return live.Running(
            name=name,
            phase=self.phase,
            elapsed_s=self.elapsed_s,
            duration_s=self.duration_s,
            rss_bytes=tuple(self.rss_bytes),
        )


class Board:
    """The live picture: a line for each running script, and above them a line for each judged script."""

    def __init__(self, total: int, style: Style) -> None:
        """``total``: the number of scripts of the run."""
        self._total = total
        self._style = style
        self._console = console_for(style)
        self._lock = threading.Lock()
        self._drawing = threading.Lock()
        """Held by the thread that writes to the terminal. rich reads the height of its last picture before it draws the
        next one: if another thread draws in between, a printed line is erased."""
        self._tracks: dict[str, Track] = {}
        self._finished = 0

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Draw until the block ends."""
        picture = Live(
            console=self._console,
            get_renderable=self._picture,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        over = threading.Event()
        drawer = threading.Thread(target=self._redraw, args=(picture, over), name="leakgate-progress", daemon=True)
        with picture:
            drawer.start()
            try:
                yield
            finally:
                over.set()
                drawer.join()

    def _redraw(self, picture: Live, over: threading.Event) -> None:
        while not over.wait(1 / FRAMES_PER_S):
            with self._drawing:
                picture.refresh()

    def _picture(self) -> RenderableType:
        with self._lock:
            running = [track.running(name) for name, track in self._tracks.items()]
            return live.progress(running, finished=self._finished, total=self._total, style=self._style)

    def run_started(self, targets: tuple[TargetSpec, ...]) -> None:
        """Do nothing: there is nothing to draw yet."""

    def target_started(self, target: TargetSpec) -> None:
        """Give the script a line."""
        with self._lock:
            self._tracks[target.name] = Track(target.duration_s)

    def reading(
        self, target: TargetSpec, at_s: float, rss_bytes: int, heap_bytes: int | None, native_bytes: int | None
    ) -> None:
        """Extend the script's picture."""
        del heap_bytes, native_bytes
        with self._lock:
            self._tracks[target.name].add(at_s, rss_bytes)

    def phase(self, target: TargetSpec, phase: str) -> None:
        """Name what happens to the script."""
        with self._lock:
            self._tracks[target.name].enter(phase)

    def tests(self, target: TargetSpec, done: int, total: int) -> None:
        """Count the tests of a suite."""
        with self._lock:
            self._tracks[target.name].count(done, total)

    def target_finished(self, result: TargetResult) -> None:
        """Print one line about the judged script, and remove its live line."""
        with self._lock:
            self._tracks.pop(result.target.name, None)
            self._finished += 1
        with self._drawing:
            self._console.print(live.finished(result, self._style))

    def run_finished(self) -> None:
        """Do nothing: there is nothing left to draw."""


class LogLines:
    """Plain lines for a log: when a script starts, when it was judged, and when it takes longer."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._suites: dict[str, tuple[float, float]] = {}
        """For each name, when its tests began and when the last line was written (monotonic clock, seconds)."""
        self._confirming: set[str] = set()

    def run_started(self, targets: tuple[TargetSpec, ...]) -> None:
        """Do nothing: there is nothing to print yet."""

    def target_started(self, target: TargetSpec) -> None:
        """Print that the script starts."""
        if target.repeat or isinstance(target.entry, CallEntry | TestsEntry):
            limit = format_duration(target.repeating_s)
            what = "tests" if isinstance(target.entry, TestsEntry) else f"it for up to {limit}"
            say(live.suite_line(target.name, what))
        else:
            say(live.started_line(target.name, target.duration_s))

    def reading(
        self, target: TargetSpec, at_s: float, rss_bytes: int, heap_bytes: int | None, native_bytes: int | None
    ) -> None:
        """Do nothing: logs show no readings."""

    def phase(self, target: TargetSpec, phase: str) -> None:
        """Print that the watch is extended, or that suspects are confirmed; the other phases are short."""
        if phase == CONFIRMING:
            self._suites.pop(target.name, None)
            self._confirming.add(target.name)
            say(live.confirming_line(target.name, suite=isinstance(target.entry, TestsEntry)))
        if phase == EXTENDED:
            say(
                live.extended_line(
                    target.name, target.duration_s, target.duration_s * thresholds.IN_FORCE.pacing.extension
                )
            )

    def tests(self, target: TargetSpec, done: int, total: int) -> None:
        """Print the progress of a suite every 30 seconds."""
        now = time.monotonic()
        began, printed = self._suites.setdefault(target.name, (now, now))
        if now - printed >= SUITE_LINE_S and 0 < done < total:
            self._suites[target.name] = began, now
            what = "tests that grew" if target.name in self._confirming else "tests"
            say(live.tests_line(target.name, done, total, what, (now - began) * (total - done) / done))

    def target_finished(self, result: TargetResult) -> None:
        """Print the verdict."""
        say(live.finished_line(result, self._style))

    def run_finished(self) -> None:
        """Do nothing: everything was printed."""
