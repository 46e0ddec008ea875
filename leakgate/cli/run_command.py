"""`leakgate run`: measure the scripts of the config, judge them, and pass or fail."""

from pathlib import Path
from typing import Annotated

import typer

from leakgate.cli.console import command_line
from leakgate.cli.failure import as_command
from leakgate.cli.options import (
    BaselineFile,
    CompareWith,
    ConfigFile,
    Duration,
    Durations,
    FailOn,
    Jobs,
    Names,
    NoBaseline,
    Output,
    Python,
    Shard,
    TimeLimit,
)
from leakgate.cli.report_options import with_reports
from leakgate.cli.reports import publish, try_paths
from leakgate.cli.requested_run import Request, run_request
from leakgate.cli.wanted_reports import Wanted
from leakgate.config.option_values import DEFAULT_CONFIG
from leakgate.errors import UsageError
from leakgate.model.verdict import ExitCode


@as_command
@with_reports
def run(
    names: Names = None,
    *,
    config: ConfigFile = Path(DEFAULT_CONFIG),
    duration: Duration = None,
    time_limit: TimeLimit = None,
    python: Python = None,
    shard: Shard = None,
    durations: Durations = None,
    jobs: Jobs = "1",
    fail_on: FailOn = None,
    baseline: BaselineFile = None,
    no_baseline: NoBaseline = False,
    compare_with: CompareWith = None,
    output: Output = None,
    module: Annotated[str | None, typer.Option("--module", "-m", hidden=True)] = None,
    wanted: Wanted,
) -> ExitCode:
    """Run the scripts of leakgate.yaml, judge their memory, and fail on leaks and exceeded budgets."""
    if module is not None:
        raise UsageError(
            "run has no option -m: it measures what the config lists",
            hint=f"leakgate monitor -m {module}, or an entry `module: {module}` in the config",
        )
    command = command_line()
    request = Request(
        config=config,
        names=tuple(names or ()),
        duration_s=duration,
        time_limit_s=time_limit,
        python=python,
        shard=shard,
        durations=durations,
        jobs=jobs,
        fail_on=fail_on,
        baseline=baseline,
        no_baseline=no_baseline,
        compare_with=compare_with,
        output=output,
        command=command,
    )
    try_paths(wanted)
    outcome = run_request(request, wanted.detail)
    return publish(outcome.report, wanted, outcome.mishaps)
