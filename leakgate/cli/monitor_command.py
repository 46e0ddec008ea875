"""`leakgate monitor`: watch one script, without a config, and say at the end whether and where it leaks."""

import shlex
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.live import Live

from leakgate.cli.console import is_terminal, say, style_of
from leakgate.cli.failure import ends
from leakgate.cli.options import duration_s
from leakgate.cli.progress import EXTENDED, FRAMES_PER_S, Track, console_for
from leakgate.cli.report_options import with_reports
from leakgate.cli.reports import Wanted, publish
from leakgate.cli.work import session_keeper
from leakgate.errors import UsageError
from leakgate.gate import Assignment, run_gate
from leakgate.measure.surroundings import Interrupt, Surroundings
from leakgate.model.report import TargetResult
from leakgate.model.target import TargetSpec, TraceMode
from leakgate.model.verdict import ExitCode
from leakgate.ports import NoProgress, Progress
from leakgate.report import live
from leakgate.report.style import Detail, Style
from leakgate.verdict.policy import Policy

MB = 1_000_000
ROWS = 14
EXPLAINING = "explaining"
START_S = 0.5
"""Before this the interpreter is still starting, and a row would tell nothing of the script."""

OWN_PHASES = frozenset({EXPLAINING, "stopping"})
"""Tracing takes memory too, which is not the script's: no rows then."""


@ends
@with_reports
def monitor(
    script: Annotated[Path, typer.Argument(metavar="SCRIPT", help="The Python script to watch.")],
    args: Annotated[
        list[str] | None,
        typer.Argument(metavar="ARGS", help="Its arguments; its options stand behind --: SCRIPT -- --port 8080."),
    ] = None,
    *,
    duration: Annotated[
        float,
        typer.Option(
            parser=duration_s,
            metavar="D",
            help="How long to watch, such as 2m; twice as long where that does not decide; 0: until Ctrl-C.",
        ),
    ] = 60.0,
    interval: Annotated[float, typer.Option(parser=duration_s, metavar="D", help="Time between two rows.")] = 5.0,
    rss_threshold: Annotated[
        float, typer.Option(metavar="MB", help="Alert when RSS rises by so many MB from row to row.")
    ] = 50.0,
    heap_threshold: Annotated[
        int, typer.Option(metavar="BYTES", help="Alert when the heap rises by so many bytes from row to row.")
    ] = 1_048_576,
    python: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The interpreter; default: leakgate's own.")
    ] = None,
    trace: Annotated[TraceMode, typer.Option(help="When to trace allocations.")] = TraceMode.AUTO,
    output: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the session here, for `leakgate report`.")
    ] = None,
    wanted: Wanted,
) -> ExitCode:
    """Watch one script: a live table of its memory, and at the end the verdict with the leaking lines."""
    _refuse_unmarked_options(args or [])
    target = _target(script, tuple(args or ()), duration, python, trace)
    if interval <= 0:
        raise UsageError("--interval must be above 0")
    thresholds = live.Thresholds(rss_bytes=round(rss_threshold * MB), heap_bytes=heap_threshold)
    keep = session_keeper(output)
    with _shown(target, interval, thresholds, wanted.detail) as progress:
        outcome = run_gate(
            Assignment(
                targets=(target,),
                policy=Policy(root=str(Path.cwd())),
                keep=keep,
                command=shlex.join(["leakgate", *sys.argv[1:]]),
                surroundings=Surroundings(progress=progress, interrupt=Interrupt(gentle=True)),
            )
        )
    return publish(outcome.report, wanted, outcome.mishaps)


def _refuse_unmarked_options(args: list[str]) -> None:
    """An option that is none of ours is the script's, if it stands behind ``--``; else it may be a slip."""
    if "--" in sys.argv:
        return
    strange = next((arg for arg in args if arg.startswith("-") and arg != "-"), None)
    if strange is not None:
        hint = f"if it is meant for the script: leakgate monitor SCRIPT -- {strange} ..."
        raise UsageError(f"monitor has no option {strange}", hint=hint)


def _target(script: Path, args: tuple[str, ...], duration: float, python: Path | None, trace: TraceMode) -> TargetSpec:
    if not script.is_file():
        raise UsageError(f"there is no script {script}", hint="give the path of a Python file")
    return TargetSpec(
        name=script.stem,
        script=script.absolute(),
        python=(python or Path(sys.executable)).absolute(),
        cwd=Path.cwd(),
        args=args,
        duration_s=duration,
        trace=trace,
    )


@contextmanager
def _shown(target: TargetSpec, interval_s: float, thresholds: live.Thresholds, detail: Detail) -> Iterator[Progress]:
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
    """The rows of one script: drawn live on a terminal, said line by line in a log."""

    def __init__(self, target: TargetSpec, interval_s: float, thresholds: live.Thresholds, style: Style) -> None:
        self.silent = False
        self._target = target
        self._interval_s = interval_s
        self._thresholds = thresholds
        self._style = style
        self._lock = threading.Lock()
        self._track = Track(target.duration_s)
        self._readings: list[live.Reading] = []
        self._said = 0
        self._explained = False

    def picture(self) -> RenderableType:
        """The table as it is now."""
        with self._lock:
            running = self._track.running(self._target.name)
            return live.monitor(running, self._rows(), most_rows=ROWS, style=self._style)

    def _rows(self) -> tuple[live.Interval, ...]:
        return live.intervals(self._readings, self._interval_s, self._thresholds)

    def run_started(self, targets: tuple[TargetSpec, ...]) -> None:
        """Nothing to show yet."""

    def target_started(self, target: TargetSpec) -> None:
        """Say that it starts, in a log."""
        if not self.silent:
            say(live.started_line(target.name, target.duration_s))

    def reading(
        self, target: TargetSpec, at_s: float, rss_bytes: int, heap_bytes: int | None, native_bytes: int | None
    ) -> None:
        """Take a reading; keep one an interval, and the newest."""
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
        if not self.silent and len(rows) > self._said:
            self._said = len(rows)
            say(live.interval_line(rows[-1]))

    def phase(self, target: TargetSpec, phase: str) -> None:
        """Name what happens to the script."""
        with self._lock:
            self._track.enter(phase)
        if self.silent:
            return
        if phase == EXPLAINING and not self._explained:
            self._explained = True
            say(f"{target.name}: looking closer at what grows")
        elif phase == EXTENDED:
            say(live.extended_line(target.name, target.duration_s, self._track.duration_s))

    def target_finished(self, result: TargetResult) -> None:
        """The report says it."""

    def run_finished(self) -> None:
        """Nothing to show any more."""
