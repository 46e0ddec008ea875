"""`leakgate baseline show`: what was accepted, and how that changed from commit to commit."""

from pathlib import Path
from typing import Annotated, Final

import typer

from leakgate.archive.baseline_file import load_baseline
from leakgate.baseline.differences import details, figures
from leakgate.baseline.drift import drifts, steps
from leakgate.baseline.git_history import BaselineHistory, read_history
from leakgate.cli.console import LONGEST_LINE, path_from_here, say, show
from leakgate.cli.failure import as_command
from leakgate.cli.options import BaselineFile, ConfigFile, Names
from leakgate.cli.requested_run import Request, read_config
from leakgate.config.option_values import DEFAULT_CONFIG
from leakgate.errors import UsageError
from leakgate.model.baseline import Baseline
from leakgate.model.verdict import ExitCode
from leakgate.report.escape import one_line

HISTORY_LINES: Final = 200
"""How many lines of a history are shown at most, the newest ones."""

History = Annotated[
    bool, typer.Option("--history", help="Show every version of the file that git has, and what each changed.")
]


@as_command
def show_baseline(
    names: Names = None,
    *,
    config: ConfigFile = Path(DEFAULT_CONFIG),
    baseline: BaselineFile = None,
    history: History = False,
) -> ExitCode:
    """Show what the baseline accepts in each environment, or how it changed."""
    path = baseline or read_config(Request(config=config)).baseline
    accepted = load_baseline(path)
    chosen = tuple(names or ())
    unknown = [name for name in chosen if not history and name not in {script for _, script, _ in accepted.rows()}]
    if unknown:
        raise UsageError(f"{path_from_here(path)} has no entry for {unknown[0]!r}")
    if history:
        _show_history(read_history(path), accepted, chosen)
        return ExitCode.PASS
    rows = [row for row in accepted.rows() if not chosen or row[1] in chosen]
    if not rows:
        say(f"{path_from_here(path)} has no entries yet; `leakgate baseline update` records how the scripts behave now")
    environment = ""
    for key, name, entry in rows:
        if key != environment:
            environment = key
            show(f"{one_line(key)}\n")
        stated = ", ".join(f"{fact} {value}" for fact, value in figures(entry).items())
        show(f"  {one_line(name)}: {one_line(stated, LONGEST_LINE)}\n")
        for fact, value in details(entry).items():
            show(f"    {one_line(f'{fact}: {value}', LONGEST_LINE)}\n")
    return ExitCode.PASS


def _show_history(history: BaselineHistory, accepted: Baseline, names: tuple[str, ...]) -> None:
    lines = []
    for step in steps(history.versions, accepted, names):
        who = f" {step.commit[:10]} {one_line(step.author, 60)}: {one_line(step.subject, 120)}" if step.commit else ""
        lines.append(f"{step.day}{who}\n")
        lines += [
            f"  {change.category.value} {one_line(change.environment)} {one_line(change.script)}: "
            f"{one_line(change.text, LONGEST_LINE)}\n"
            for change in step.changes
        ]
    left = max(0, len(lines) - HISTORY_LINES)
    show("".join(lines[left:]) or "no version of the file changed anything here\n")
    for drift in drifts(history.versions, accepted):
        if not names or drift.script in names:
            show(f"drift: {one_line(str(drift), LONGEST_LINE)}\n")
    if left:
        say(f"{left} older lines are not shown; name scripts to see more of them")
    for note in history.notes:
        say(note)
