"""`leakgate baseline`: accept how scripts behave now, and show what was accepted."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from leakgate.archive.baseline_file import load_baseline, write_baseline
from leakgate.baseline.differences import diff_summary, facts
from leakgate.baseline.update import Update, updated
from leakgate.cli.console import say, show
from leakgate.cli.failure import ends
from leakgate.cli.help import Group, ShownCommand
from leakgate.cli.options import BaselineFile, ConfigFile, Duration, Jobs, Names, NewBaselineFile
from leakgate.cli.report_command import replayed
from leakgate.cli.requested_run import Request, read_config, run_request
from leakgate.config.load_config import DEFAULT_CONFIG, Config
from leakgate.errors import UsageError
from leakgate.model.report import TargetResult
from leakgate.model.verdict import ExitCode
from leakgate.report.escape import one_line
from leakgate.report.style import Detail

app = typer.Typer(cls=Group, no_args_is_help=True, help="Accept how scripts behave now, or show what was accepted.")

FromResults = Annotated[
    Path | None,
    typer.Option("--from", metavar="RESULTS", help="Record this results.json or session instead of running anything."),
]


@app.command("update", cls=ShownCommand)
@ends
def update(
    names: Names = None,
    *,
    config: ConfigFile = Path(DEFAULT_CONFIG),
    duration: Duration = None,
    jobs: Jobs = "1",
    baseline: NewBaselineFile = None,
    from_results: FromResults = None,
) -> ExitCode:
    """Run the scripts and write the baseline: sorted, rounded, one fact a line, to be reviewed in a diff."""
    request = Request(
        config=config,
        names=tuple(names or ()),
        duration_s=duration,
        jobs=jobs,
        baseline=baseline,
        command=shlex.join(["leakgate", *sys.argv[1:]]),
    )
    settings = read_config(request)
    load_baseline(settings.baseline)  # one that is not sound is refused before anything is run
    results = _results(request, settings, from_results)
    before = load_baseline(settings.baseline)  # as it is now: another update may have ended while the scripts ran
    every_name = {target.name for target in read_config(Request(config=config)).targets}
    change = updated(before, results, configured=every_name, root=str(settings.root))
    written = write_baseline(settings.baseline, change.baseline)
    for line in diff_summary(before, change.baseline):
        show(one_line(line) + "\n")
    _tell(change, settings.baseline, written=written)
    return ExitCode.UNMEASURED if change.refused else ExitCode.PASS


def _results(request: Request, settings: Config, source: Path | None) -> tuple[TargetResult, ...]:
    if source is None:
        outcome = run_request(request, Detail.NORMAL)
        for mishap in outcome.mishaps:
            raise mishap
        return outcome.report.results
    chosen = {target.name for target in settings.targets}
    found = tuple(result for result in replayed(source).results if result.target.name in chosen)
    if not found:
        raise UsageError(f"{source} has none of these scripts", hint="was it made with another config?")
    return found


def _shown(path: Path) -> Path:
    """The path as a user would type it here: from the current folder, where it lies below that."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _tell(change: Update, path: Path, *, written: bool) -> None:
    for name, why in change.refused:
        say(f"not recorded: {one_line(name)}: {one_line(why)}")
    for environment, name in change.removed:
        say(f"removed: {one_line(name)} ({environment})")
    if written:
        say(f"wrote {_shown(path)}: {len(change.recorded)} recorded; review the diff and commit it")
    else:
        say(f"{_shown(path)} says the same already")


@app.command("show", cls=ShownCommand)
@ends
def show_baseline(*, config: ConfigFile = Path(DEFAULT_CONFIG), baseline: BaselineFile = None) -> ExitCode:
    """Show what the baseline accepts, environment by environment."""
    path = baseline or read_config(Request(config=config)).baseline
    rows = load_baseline(path).rows()
    if not rows:
        say(f"{_shown(path)} holds nothing yet; `leakgate baseline update` records how the scripts behave now")
    environment = ""
    for key, name, entry in rows:
        if key != environment:
            environment = key
            show(f"{one_line(key)}\n")
        stated = ", ".join(f"{fact} {value}" for fact, value in facts(entry).items())
        show(f"  {one_line(name)}: {one_line(stated, 600)}\n")
    return ExitCode.PASS
