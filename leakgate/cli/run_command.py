"""`leakgate run`: measure the scripts of the config, judge them, and pass or fail."""

import shlex
import sys
from pathlib import Path

from leakgate.cli.failure import ends
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
from leakgate.cli.reports import Wanted, publish
from leakgate.cli.requested_run import Request, run_request
from leakgate.config.load_config import DEFAULT_CONFIG
from leakgate.model.verdict import ExitCode


@ends
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
    wanted: Wanted,
) -> ExitCode:
    """Run the scripts of leakgate.yaml, judge their memory, and fail on leaks and exceeded budgets."""
    command = shlex.join(["leakgate", *sys.argv[1:]])
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
    outcome = run_request(request, wanted.detail)
    return publish(outcome.report, wanted, outcome.mishaps)
