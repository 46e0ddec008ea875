"""`leakgate comment`: keep one comment on the pull request, from a job of GitHub Actions."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from leakgate.cli.console import show
from leakgate.cli.failure import as_command
from leakgate.cli.report_command import replayed
from leakgate.cli.report_files import file_style
from leakgate.config.option_values import DEFAULT_CONFIG
from leakgate.github.change_lookup import look_up_change
from leakgate.github.comment import CommentMode, key_of
from leakgate.github.event import read_run
from leakgate.github.posting import CommentOptions, Posted, comment_on
from leakgate.measure.clock import SystemClock
from leakgate.model.review import SeenLeak
from leakgate.model.verdict import ExitCode
from leakgate.report.escape import one_line
from leakgate.report.formats import ReportFormat
from leakgate.report.places import config_in_repository
from leakgate.report.reporters import render
from leakgate.report.reviewed_lines import reviewed_places, seen_leaks
from leakgate.report.style import Bounds


@as_command
def comment(
    source: Annotated[
        Path, typer.Argument(metavar="SESSION|results.json", help="The session folder or results.json of a run.")
    ],
    *,
    mode: Annotated[CommentMode, typer.Option(help="When to comment.")] = CommentMode.AUTO,
    key: Annotated[
        str,
        typer.Option(
            metavar="KEY",
            help="A name for this gate, when several gates comment on one pull request. Default: the config's path.",
        ),
    ] = "",
    author: Annotated[
        str, typer.Option(metavar="LOGIN", help="The login that the token writes as, if leakgate cannot find it.")
    ] = "",
) -> ExitCode:
    """Create or update the comment on the pull request of this job, with the token in GITHUB_TOKEN.

    The exit code is 0 for every verdict, also if this job may not comment;
    2 if an option is wrong, and 3 if GitHub failed.
    """
    report = replayed(source)

    style = file_style(os.environ)
    run, token = read_run(os.environ), os.environ.get("GITHUB_TOKEN", "")
    review = look_up_change(run, token, reviewed_places(report, style.source_root), clock=SystemClock())

    def markdown(limit: int, fixed: tuple[SeenLeak, ...]) -> str:
        bounded = replace(style, bounds=Bounds.of_chars(limit), review=replace(review, fixed=fixed))
        return render(ReportFormat.MARKDOWN, report, bounded)

    config = config_in_repository(report) or DEFAULT_CONFIG
    options = CommentOptions(mode=mode, key=key or key_of(config), author=author)
    leaks = seen_leaks(report, style.source_root)
    outcome = comment_on(report, os.environ, options, markdown, clock=SystemClock(), leaks=leaks)
    show(f"{one_line(outcome.message, 600)}\n")
    return ExitCode.UNMEASURED if outcome.posted is Posted.FAILED else ExitCode.PASS
