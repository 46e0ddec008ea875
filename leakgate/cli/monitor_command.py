"""`leakgate monitor`: watch a file, module or command without a config, and say whether and where it leaks."""

import os
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from leakgate.cli.console import command_line, say
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
from leakgate.cli.unmarked import refuse_unmarked_options
from leakgate.cli.wanted_reports import Wanted
from leakgate.errors import UsageError
from leakgate.gate import Assignment, run_gate, temporary_folder
from leakgate.measure.guard import guarded
from leakgate.measure.surroundings import Interrupt, Surroundings
from leakgate.model.entry import CommandEntry, Entry, ModuleEntry, ScriptEntry
from leakgate.model.target import TargetSpec, TraceMode
from leakgate.model.verdict import ExitCode
from leakgate.report import live
from leakgate.targets.command_kind import find_program
from leakgate.targets.kind import default_name, kind_of
from leakgate.targets.module_kind import ModuleKind
from leakgate.targets.path_kind import is_yaml
from leakgate.targets.project_python import project_python
from leakgate.verdict.policy import Policy

MB = 1_000_000


MonitoredWords = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SCRIPT [ARGS]",
        help="The Python file, folder or zip file to watch, and its arguments. Pass options for it after --: "
        "SCRIPT -- --port 8080. To watch a command, start with --: -- gunicorn app:app.",
    ),
]
MonitoredModule = Annotated[
    str | None, typer.Option("--module", "-m", metavar="NAME", help="Watch this module, run as python -m NAME.")
]
RssThreshold = Annotated[
    float,
    typer.Option(
        "--rss-threshold", metavar="MB", help="Alert when RSS rises by this many MB from one row to the next."
    ),
]
HeapThreshold = Annotated[
    int,
    typer.Option(
        "--heap-threshold",
        metavar="BYTES",
        help="Alert when the heap rises by this many bytes from one row to the next.",
    ),
]
MonitoredPython = Annotated[
    Path | None,
    typer.Option(
        "--python",
        metavar="FILE",
        help="The interpreter. Default for a file: the one that runs leakgate; for a module or command: the one of "
        "the active environment, otherwise of .venv or another virtual environment in the project.",
    ),
]


@as_command
@with_reports
def monitor(
    ctx: typer.Context,
    words: MonitoredWords = None,
    *,
    module: MonitoredModule = None,
    duration: WatchDuration = DEFAULT_WATCH_S,
    interval: RowInterval = DEFAULT_ROW_INTERVAL_S,
    rss_threshold: RssThreshold = 50.0,
    heap_threshold: HeapThreshold = 1_048_576,
    python: MonitoredPython = None,
    trace: Tracing = TraceMode.AUTO,
    output: SessionFolder = None,
    wanted: Wanted,
) -> ExitCode:
    """Watch a file, module or command: a live table of its memory, then the verdict with the leaking lines."""
    refuse_unmarked_options("monitor SCRIPT", words or [], ctx)
    target = monitored(tuple(words or ()), module=module, python=python, duration_s=duration, trace=trace)
    require_positive("--interval", interval)
    thresholds = live.AlertLevels(rss_bytes=round(rss_threshold * MB), heap_bytes=heap_threshold)
    try_paths(wanted)
    keep = session_keeper(output)
    with guarded() as folder, live_table(target, interval, thresholds, wanted.detail) as progress:
        outcome = run_gate(
            Assignment(
                targets=(target,),
                policy=Policy(root=str(Path.cwd())),
                keep=keep,
                command=command_line(),
                surroundings=Surroundings(progress=progress, interrupt=Interrupt(gentle=True)),
                folder_for_logs=partial(temporary_folder, folder),
            )
        )
    return publish(outcome.report, wanted, outcome.mishaps)


def monitored(
    words: tuple[str, ...], *, module: str | None, python: Path | None, duration_s: float, trace: TraceMode
) -> TargetSpec:
    """Return the target to watch. ``words`` are all arguments; if they all follow ``--``, they are a command.

    Raises UsageError.
    """
    folder = Path.cwd()
    if module is None and not words:
        raise UsageError(
            "monitor needs something to run", hint="a file, -m MODULE, or a command: leakgate monitor -- gunicorn app"
        )
    behind = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
    entry: Entry
    if module is not None:
        entry, args = _module(module), words
    elif list(words) == behind:
        entry, args = CommandEntry(words=words), ()
    else:
        entry, args = ScriptEntry(path=Path(words[0]).absolute()), words[1:]
    is_file = isinstance(entry, ScriptEntry)
    chosen = project_python(python or Path(sys.executable) if is_file else python, folder, os.environ)
    spec = TargetSpec(
        name=default_name(entry),
        entry=entry,
        python=chosen.path,
        cwd=folder,
        args=args,
        duration_s=duration_s,
        trace=trace,
    )
    problem = kind_of(entry).problem(spec, entry)
    if problem:
        raise UsageError(problem, hint=_hint(words[0], spec) if is_file else "")
    if not is_file:
        say(f"runs with {chosen.path} ({chosen.why})")
        if chosen.hint:
            say(chosen.hint)
    return spec


def _hint(word: str, spec: TargetSpec) -> str:
    """What to type for a word that is no Python file: it may be a config, a result, a module or a command."""
    path = Path(word)
    if is_yaml(path):
        return f"to measure what a config lists: leakgate run -c {word}"
    if path.suffix == ".json":
        return f"to show the results of an earlier run: leakgate report {word}"
    if all(part.isidentifier() for part in word.split(".")) and _is_module(Path(*word.split("."))):
        return f"to watch a module: leakgate monitor -m {word}"
    if find_program(word, spec, os.environ) is not None:
        return f"to watch a command: leakgate monitor -- {word} ..."
    return "give the path of a Python file"


def _is_module(path: Path) -> bool:
    """Whether there is a file that ``python -m`` would run, in the current folder or in ``src``."""
    runnable = (path.with_suffix(".py"), path / "__main__.py")
    return any((folder / file).is_file() for folder in (Path(), Path("src")) for file in runnable)


def _module(name: str) -> ModuleEntry:
    if Path(name).is_file():
        raise UsageError(f"-m takes the name of a module, and {name!r} is a file", hint=f"leakgate monitor {name}")
    try:
        return ModuleKind().read((name,))
    except ValueError as error:
        hint = f"to call a function again and again: leakgate call {name}" if ":" in name else ""
        raise UsageError(f"-m: {error}", hint=hint) from None
