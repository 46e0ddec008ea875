"""`leakgate attach`: watch a running process, and report at the end whether and where it leaks."""

import sys
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
import yaml

from leakgate.cli.console import command_line, say, show
from leakgate.cli.failure import as_command
from leakgate.cli.live_table import live_table
from leakgate.cli.options import (
    DEFAULT_ROW_INTERVAL_S,
    DEFAULT_WATCH_S,
    RowInterval,
    SessionFolder,
    Tracing,
    WatchDuration,
    require_positive,
)
from leakgate.cli.report_options import with_reports
from leakgate.cli.reports import publish, try_paths
from leakgate.cli.requested_run import session_keeper
from leakgate.cli.wanted_reports import Wanted
from leakgate.gate import Assignment, run_gate
from leakgate.measure.attached import (
    ENDED_EARLY,
    FROM_OUTSIDE,
    Attachment,
    Door,
    InsideOrOutside,
    Outside,
    environment_of,
)
from leakgate.measure.gdb_entry import HELD, GdbInjector
from leakgate.measure.guests import STAYS, USED, Guests
from leakgate.measure.remote_entry import RemoteInjector
from leakgate.measure.surroundings import Interrupt, Surroundings
from leakgate.model.entry import CommandEntry, Entry, ScriptEntry
from leakgate.model.evidence import Measurement, TrialOk
from leakgate.model.report import TargetResult
from leakgate.model.target import TargetSpec, TraceMode
from leakgate.model.verdict import ExitCode
from leakgate.ports import Explainer, Pacer
from leakgate.report import live
from leakgate.report.escape import plain
from leakgate.report.script_words import took_s
from leakgate.targets.refusals import Method, require_watchable, why_not_inside
from leakgate.targets.running import RunningProcess, look_at_permission, look_at_process
from leakgate.targets.suggestion import suggest_entry
from leakgate.verdict.policy import Policy

LONGEST_LINE = 4_000
LONGEST_WORD = 100
_SHOWN = (FROM_OUTSIDE, ENDED_EARLY, HELD, USED, STAYS)
"""Beginnings of the notes that are shown in any case; `--verbose` shows all."""


def process_id(text: str) -> int:
    """The id of a process on the command line. Anything else is a usage error that says what to type."""
    if text.isascii() and text.isdecimal() and len(text) <= LONGEST_WORD:
        return int(text)
    to_do = f"to start and watch it: leakgate monitor {text[:LONGEST_WORD]}" if Path(text).exists() else ""
    raise typer.BadParameter(
        f"{text[:LONGEST_WORD]!r} is not a process ID; {to_do or '`pgrep -af python` lists the Python processes'}"
    )


Pid = Annotated[
    int, typer.Argument(parser=process_id, metavar="PID", help="The process to watch. It continues afterwards.")
]
ViewMethod = Annotated[
    Method,
    typer.Option(
        "--method",
        help="outside: read from the operating system only; remote-exec: look inside with sys.remote_exec (CPython "
        "3.14); gdb: look inside with gdb (Linux, CPython 3.9 to 3.13); auto: remote-exec where it works, else "
        "outside, never gdb.",
    ),
]
Children = Annotated[bool, typer.Option("--children", help="Look into the Python child processes as well.")]
Suggest = Annotated[
    bool, typer.Option("--suggest", help="Print an entry for leakgate.yaml that runs the same program.")
]


@as_command
@with_reports
def attach(
    pid: Pid,
    *,
    method: ViewMethod = Method.AUTO,
    children: Children = False,
    suggest: Suggest = False,
    duration: WatchDuration = DEFAULT_WATCH_S,
    interval: RowInterval = DEFAULT_ROW_INTERVAL_S,
    trace: Tracing = TraceMode.AUTO,
    output: SessionFolder = None,
    wanted: Wanted,
) -> ExitCode:
    """Watch a running process, with the same table and verdict. The process continues afterwards."""
    require_positive("--interval", interval)
    process = require_watchable(pid, look_at_process(pid))
    target = target_of(process, duration, trace)
    attachment = Attachment(process=process, door=door_for(process, method, follows_children=children))
    try_paths(wanted)
    keep = session_keeper(output)
    with live_table(target, interval, live.AlertLevels(), wanted.detail) as progress:
        outcome = run_gate(
            Assignment(
                targets=(target,),
                policy=Policy(root=str(process.cwd)),
                keep=keep,
                command=command_line(),
                surroundings=Surroundings(progress=progress, interrupt=Interrupt(gentle=True)),
                measure=partial(_measure, attachment),
                folder_for_logs=lambda: nullcontext(""),  # its output goes where it always went
                look=lambda _target: environment_of(process),
            )
        )
    status = publish(outcome.report, wanted, outcome.mishaps)
    if not wanted.quiet:
        for note in visit_notes(outcome.report.results):
            say(note)
    if suggest:
        show(entry_text(process, max((took_s(result) for result in outcome.report.results), default=0.0)))
    return status


def visit_notes(results: tuple[TargetResult, ...]) -> tuple[str, ...]:
    """Return the notes on what leakgate could not see from outside, what the visit cost the process, and what stays."""
    trials = (result.measurement.trial for result in results)
    notes = (note for trial in trials if isinstance(trial, TrialOk) for note in trial.notes)
    return tuple(plain(note, limit=LONGEST_LINE) for note in notes if note.startswith(_SHOWN))


def entry_text(process: RunningProcess, watched_s: float) -> str:
    """Return the ``leakgate.yaml`` entry for the program of the process, as a list with one item."""
    root = Path.cwd()
    entry = suggest_entry(
        process.label, process.arguments, cwd=process.cwd, root=root, ports=process.ports, watched_s=watched_s
    )
    lines = [f"{key}: {_value_text(value)}" for key, value in entry.items()]
    text = "".join(f"  {'  ' if at else '- '}{plain(line, limit=LONGEST_LINE)}\n" for at, line in enumerate(lines))
    return f"\n# for leakgate.yaml, beside other entries of `scripts:`\nscripts:\n{text}"


def _value_text(value: object) -> str:
    """Return a value as YAML on one line."""
    dumped = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=LONGEST_LINE)
    return dumped.removesuffix("...\n").strip()


def _measure(
    attachment: Attachment,
    spec: TargetSpec,
    *,
    pacer: Pacer,
    explainer: Explainer,
    logs: Path,
    surroundings: Surroundings,
) -> Measurement:
    del logs
    return attachment(spec, pacer=pacer, explainer=explainer, surroundings=surroundings)


def target_of(process: RunningProcess, duration: float, trace: TraceMode) -> TargetSpec:
    """Return the process as a target."""
    entry: Entry = CommandEntry(words=process.arguments or (process.label,))
    if process.script is not None:
        entry = ScriptEntry(path=process.script)
    return TargetSpec(
        name=f"{process.label}-{process.pid}",
        entry=entry,
        python=process.program,
        cwd=process.cwd,
        duration_s=duration,
        trace=trace,
    )


def door_for(process: RunningProcess, method: Method, *, follows_children: bool) -> Door:
    """Return the access to the process that the user asked for.

    Raises Refused if it is not possible, except for `auto`, which falls back to the view from outside.
    """
    if method is Method.OUTSIDE:
        return Outside("")
    refusal = why_not_inside(process, method, look_at_permission(), sys.platform)
    if refusal is not None and method is not Method.AUTO:
        raise refusal
    if refusal is not None:
        return Outside(f", because {refusal.message}", advice=_advice_on_gdb(process))
    injector = GdbInjector() if method is Method.GDB else RemoteInjector()
    guests = Guests(process, injector, follows_children=follows_children)
    return InsideOrOutside(guests) if method is Method.AUTO else guests


def _advice_on_gdb(process: RunningProcess) -> str:
    """Return what the user can type to look inside a process that `auto` does not enter; empty if gdb cannot either."""
    if why_not_inside(process, Method.GDB, look_at_permission(), sys.platform) is not None:
        return ""
    return f"`leakgate attach {process.pid} --method gdb` looks inside"
