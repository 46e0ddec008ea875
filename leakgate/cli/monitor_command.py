"""`leakgate monitor`: watch one script, without a config, and say at the end whether and where it leaks."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from leakgate.cli.failure import ends
from leakgate.cli.live_table import live_table
from leakgate.cli.options import duration_s
from leakgate.cli.report_options import with_reports
from leakgate.cli.reports import Wanted, publish
from leakgate.cli.unmarked import refuse_unmarked_options
from leakgate.cli.work import session_keeper
from leakgate.errors import UsageError
from leakgate.gate import Assignment, run_gate
from leakgate.measure.guard import guarded
from leakgate.measure.surroundings import Interrupt, Surroundings
from leakgate.model.entry import ScriptEntry
from leakgate.model.target import TargetSpec, TraceMode
from leakgate.model.verdict import ExitCode
from leakgate.report import live
from leakgate.verdict.policy import Policy

MB = 1_000_000


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
    refuse_unmarked_options("monitor SCRIPT", args or [])
    target = _target(script, tuple(args or ()), duration, python, trace)
    if interval <= 0:
        raise UsageError("--interval must be above 0")
    thresholds = live.Thresholds(rss_bytes=round(rss_threshold * MB), heap_bytes=heap_threshold)
    keep = session_keeper(output)
    with guarded(), live_table(target, interval, thresholds, wanted.detail) as progress:
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


def _target(script: Path, args: tuple[str, ...], duration: float, python: Path | None, trace: TraceMode) -> TargetSpec:
    if not script.is_file():
        raise UsageError(f"there is no script {script}", hint="give the path of a Python file")
    return TargetSpec(
        name=script.stem,
        entry=ScriptEntry(path=script.absolute()),
        python=(python or Path(sys.executable)).absolute(),
        cwd=Path.cwd(),
        args=args,
        duration_s=duration,
        trace=trace,
    )
