"""`leakgate pytest` and `leakgate call`: repeat every test or a callable, and judge each, without a config."""

import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from leakgate.archive.baseline_file import load_baseline
from leakgate.cli.console import command_line, say
from leakgate.cli.failure import as_command
from leakgate.cli.options import FailOn, Output, duration_s, require_existing, require_positive
from leakgate.cli.progress import progress_on_stderr
from leakgate.cli.report_options import with_reports
from leakgate.cli.reports import publish, try_paths
from leakgate.cli.requested_run import parse_jobs, session_keeper
from leakgate.cli.unmarked import refuse_unmarked_options
from leakgate.cli.wanted_reports import Wanted
from leakgate.config.option_values import parse_fail_on
from leakgate.errors import UsageError
from leakgate.gate import Assignment, run_gate, temporary_folder
from leakgate.measure.guard import guarded
from leakgate.measure.surroundings import Interrupt, Surroundings
from leakgate.model.baseline import Baseline
from leakgate.model.entry import CallEntry, TestsEntry
from leakgate.model.report import Shard
from leakgate.model.target import DEFAULT_TIME_PER_TEST_S, TargetSpec
from leakgate.model.verdict import DEFAULT_FAIL_ON, ExitCode
from leakgate.report.style import Detail
from leakgate.shards import assign, parse_shard
from leakgate.targets.call_kind import CallKind
from leakgate.targets.project_python import project_python
from leakgate.targets.tests_kind import processes_of_xdist
from leakgate.verdict.policy import Policy

PythonOption = Annotated[
    Path | None,
    typer.Option(
        "--python",
        metavar="FILE",
        help="The interpreter of the project. Default: the one of the active environment, otherwise of .venv or "
        "another virtual environment in the project, otherwise the one that runs leakgate.",
    ),
]
TimeOption = Annotated[
    float,
    typer.Option(
        "--time",
        parser=duration_s,
        metavar="D",
        show_default=False,
        help="Time for the repetitions of one test. A test that may leak gets five times as long. Default: 2s.",
    ),
]


TestJobs = Annotated[
    str,
    typer.Option("--jobs", "-j", metavar="N|auto", help="How many processes run tests; auto: one for each processor."),
]
TestShard = Annotated[
    str | None,
    typer.Option(
        "--shard",
        metavar="N/COUNT",
        help="Repeat one part of the tests, such as 1/4. `leakgate merge` joins the results.",
    ),
]
SuiteTimeLimit = Annotated[
    float | None,
    typer.Option(
        "--time-limit",
        parser=duration_s,
        metavar="D",
        help="End the whole run after this long, such as 15m. Tests that grew until then are still confirmed in time; "
        "the run is an error, because tests are missing.",
    ),
]
KnownLeaks = Annotated[
    Path | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        callback=require_existing,
        help="Leaks that this baseline records are known; `leakgate baseline update --from results.json` writes it.",
    ),
]


@as_command
@with_reports
def pytest(
    ctx: typer.Context,
    args: Annotated[
        list[str] | None,
        typer.Argument(metavar="ARGS", help="Arguments of pytest. Pass options after --: tests -- -m 'not slow'."),
    ] = None,
    *,
    python: PythonOption = None,
    time: TimeOption = DEFAULT_TIME_PER_TEST_S,
    jobs: TestJobs = "1",
    shard: TestShard = None,
    fail_on: FailOn = None,
    baseline: KnownLeaks = None,
    time_limit: SuiteTimeLimit = None,
    output: Output = None,
    wanted: Wanted,
) -> ExitCode:
    """Run a test suite with pytest, repeat every test that passes, and report which tests leak and where."""
    refuse_unmarked_options("pytest TESTS", args or [], ctx)
    entry = TestsEntry(words=tuple(args or ()))
    spec = _spec("pytest", entry, python, time, wanted.detail)
    spread = processes_of_xdist(entry.words) if jobs == "1" else ""
    if spread not in ("", "0"):
        jobs = spread
        if wanted.detail is not Detail.QUIET:
            say(f"pytest: {spread} processes (-n of pytest-xdist), started by leakgate")
    part = parse_shard(shard, (spec,)) if shard else None
    targets = assign((spec,), part) if part else (spec,)
    require_positive("--time-limit", time_limit)
    asked = _Asked(jobs=jobs, fail_on=fail_on, baseline=baseline, output=output, shard=part, time_limit_s=time_limit)
    return _run(targets, wanted, asked)


@as_command
@with_reports
def call(
    path: Annotated[
        str, typer.Argument(metavar="PKG.MOD:NAME", help="The callable, such as shop.parser:parse_sample.")
    ],
    *,
    python: PythonOption = None,
    time: TimeOption = DEFAULT_TIME_PER_TEST_S,
    fail_on: FailOn = None,
    baseline: KnownLeaks = None,
    output: Output = None,
    wanted: Wanted,
) -> ExitCode:
    """Call a callable without arguments repeatedly, and report whether it leaks, where and why."""
    try:
        entry = CallKind().read((path,))
    except ValueError as error:
        raise UsageError(str(error)) from None
    asked = _Asked(jobs="1", fail_on=fail_on, baseline=baseline, output=output)
    return _run((_spec(path, entry, python, time, wanted.detail),), wanted, asked)


def _spec(name: str, entry: CallEntry | TestsEntry, python: Path | None, time_s: float, detail: Detail) -> TargetSpec:
    require_positive("--time", time_s)
    folder = Path.cwd()
    needs = "pytest" if isinstance(entry, TestsEntry) else ""
    chosen = project_python(python, folder, os.environ, needs=needs)
    if detail is not Detail.QUIET:
        say(f"{name}: {chosen.path} ({chosen.why})")
        if chosen.hint:
            say(chosen.hint)
    return TargetSpec(name=name, entry=entry, python=chosen.path, cwd=folder, time_per_test_s=time_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The options of the run, and the baseline that it is compared with."""

    jobs: str
    fail_on: str | None
    baseline: Path | None
    output: Path | None
    shard: Shard | None = None
    time_limit_s: float | None = None


def _run(targets: tuple[TargetSpec, ...], wanted: Wanted, asked: _Asked) -> ExitCode:
    named = parse_fail_on(part.strip() for part in asked.fail_on.split(",")) if asked.fail_on else DEFAULT_FAIL_ON
    known = load_baseline(asked.baseline) if asked.baseline is not None else Baseline()
    try_paths(wanted)
    with guarded() as folder, progress_on_stderr(targets, wanted.detail) as progress:
        outcome = run_gate(
            Assignment(
                targets=targets,
                policy=Policy(
                    root=str(targets[0].cwd),
                    fail_on=named,
                    baseline=known,
                    baseline_path=str(asked.baseline or ""),
                ),
                jobs=parse_jobs(asked.jobs),
                keep=session_keeper(asked.output),
                command=command_line(),
                time_limit_s=asked.time_limit_s,
                surroundings=Surroundings(progress=progress, interrupt=Interrupt(gentle=True)),
                folder_for_logs=partial(temporary_folder, folder),
            )
        )
    about = replace(outcome.report.about, shard=asked.shard)
    return publish(replace(outcome.report, about=about), wanted, outcome.mishaps)
