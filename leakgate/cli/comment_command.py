"""`leakgate comment`: keep one comment on the pull request, from within a job of GitHub Actions."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from leakgate.cli.console import show
from leakgate.cli.failure import ends
from leakgate.cli.report_command import replayed
from leakgate.cli.reports import file_style
from leakgate.github.comment import CommentMode
from leakgate.github.posting import CommentOptions, Posted, comment_on
from leakgate.measure.clock import SystemClock
from leakgate.model.verdict import ExitCode
from leakgate.report.escape import one_line
from leakgate.report.formats import ReportFormat
from leakgate.report.reporters import render
from leakgate.report.style import Bounds


@ends
def comment(
    source: Annotated[Path, typer.Argument(metavar="SESSION|results.json", help="What a run left.")],
    *,
    mode: Annotated[CommentMode, typer.Option(help="When to comment.")] = CommentMode.AUTO,
    key: Annotated[str, typer.Option(metavar="KEY", help="Tells the comments of several gates apart.")] = "default",
    author: Annotated[
        str, typer.Option(metavar="LOGIN", help="Who the token writes as, where that is not found.")
    ] = "",
) -> ExitCode:
    """Create or update the comment on the pull request of this job, with the token in GITHUB_TOKEN.

    Ends with 0 whatever the verdict is, also where this job may not comment;
    with 2 when the call is wrong, and with 3 when GitHub failed.
    """
    report = replayed(source)

    def markdown(limit: int) -> str:
        return render(ReportFormat.MARKDOWN, report, replace(file_style(os.environ), bounds=Bounds.of_chars(limit)))

    options = CommentOptions(mode=mode, key=key, author=author)
    outcome = comment_on(report, os.environ, options, markdown, clock=SystemClock())
    show(f"{one_line(outcome.message, 600)}\n")
    return ExitCode.UNMEASURED if outcome.posted is Posted.FAILED else ExitCode.PASS
