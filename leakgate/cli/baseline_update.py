"""`leakgate baseline update`: accept how scripts behave now, completely or in part."""

import shlex
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import typer

from leakgate.archive.baseline_file import load_baseline, write_baseline
from leakgate.baseline.changes import Category, Change, ChangedPart, apply, changes
from leakgate.baseline.differences import diff_summary
from leakgate.baseline.drift import drifts
from leakgate.baseline.git_history import read_history
from leakgate.baseline.update import Update, updated
from leakgate.cli.accept_comment import accept_request, read_comment
from leakgate.cli.baseline_review import QuitError, reviewed
from leakgate.cli.console import LONGEST_LINE, command_line, is_terminal, path_from_here, say, show
from leakgate.cli.failure import as_command
from leakgate.cli.options import ConfigFile, Duration, Jobs, Names, NewBaselineFile
from leakgate.cli.report_command import replayed
from leakgate.cli.requested_run import Request, read_config, run_request
from leakgate.config.load_config import Config
from leakgate.config.option_values import DEFAULT_CONFIG
from leakgate.errors import UsageError
from leakgate.model.baseline import Baseline
from leakgate.model.report import TargetResult
from leakgate.model.verdict import ExitCode
from leakgate.report.escape import one_line
from leakgate.report.style import Detail

LONGEST_REASON: Final = 300
"""The largest number of characters of a reason or an owner: one line of a diff."""
LEAST_SIGNATURE: Final = 4
"""The least number of digits of a signature that name a leak."""

FromResults = Annotated[
    Path | None,
    typer.Option("--from", metavar="RESULTS", help="Record this results.json or session instead of running anything."),
]
Comment = Annotated[
    Path | None,
    typer.Option(
        "--comment",
        metavar="FILE",
        help="Take the names and the reason from the text of a comment: /leakgate accept NAME... : REASON.",
    ),
]
Leaks = Annotated[
    list[str] | None,
    typer.Option("--leak", metavar="SIGNATURE", help="Accept only the leak with this signature. May be repeated."),
]
Accept = Annotated[
    str | None,
    typer.Option(
        "--accept",
        metavar="CATEGORIES",
        help="Accept only changes of these categories, separated by commas: new, worse, better, gone.",
    ),
]
Review = Annotated[bool, typer.Option("--review", help="Show the changes by category, and ask about each.")]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why this is accepted; kept in the file.")]
Owner = Annotated[
    str | None, typer.Option("--owner", metavar="NAME", help="Who is responsible for it; kept in the file.")
]


@as_command
def update(
    names: Names = None,
    *,
    config: ConfigFile = Path(DEFAULT_CONFIG),
    duration: Duration = None,
    jobs: Jobs = "1",
    baseline: NewBaselineFile = None,
    from_results: FromResults = None,
    reason: Reason = None,
    owner: Owner = None,
    comment: Comment = None,
    leaks: Leaks = None,
    accept: Accept = None,
    review: Review = False,
) -> ExitCode:
    """Run the scripts and write the baseline, a text file whose changes are easy to review.

    With names, only the entries of these scripts change. Without names, all entries change, and entries of scripts
    that the config no longer has are removed. A recorded figure stays while the gate passes against it, so that small
    steps cannot add up.
    """
    if comment is not None:
        asked = accept_request(read_comment(comment))
        names, reason = [*(names or ()), *asked.names], reason or asked.reason or None
    request = Request(
        config=config,
        names=tuple(names or ()),
        duration_s=duration,
        jobs=jobs,
        baseline=baseline,
        command=command_line(),
    )
    wanted = Selection(
        signatures=tuple(leaks or ()),
        categories=_categories(accept),
        review=review,
        reason=_one_line_option("--reason", reason),
        owner=_one_line_option("--owner", owner),
    )
    if review and not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        raise UsageError(
            "--review asks questions, and there is no terminal to answer them",
            hint="answer with options instead: --accept new,better or --leak SIGNATURE, or name the scripts",
        )
    settings = read_config(request)
    load_baseline(settings.baseline)  # an invalid baseline is refused before anything is run
    results, root = _results(request, settings, from_results)
    return _accept(results, root, settings, wanted, partial=bool(names))


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which changes to accept, and why."""

    signatures: tuple[str, ...]
    """Signatures of leaks, or their first digits. Empty: everything."""
    categories: frozenset[Category]
    review: bool
    reason: str
    owner: str


def _accept(
    results: tuple[TargetResult, ...], root: str, settings: Config, wanted: Selection, *, partial: bool
) -> ExitCode:
    """Write the baseline. ``partial``: the user named some scripts, and no other entry changes."""
    before = load_baseline(settings.baseline)  # read now, because another update may have ended during the run
    whole = _updated(before, results, root, settings, wanted, partial=partial)
    found = changes(before, whole.baseline)
    chosen = _chosen(found, wanted)
    if wanted.review:
        chosen = _asked(chosen)
        if _lacks_reason(chosen, wanted):
            wanted = replace(wanted, reason=_one_line_option("reason", _ask("why? (empty: no reason)") or None))
            whole = _updated(before, results, root, settings, wanted, partial=partial)
    if _lacks_reason(chosen, wanted):
        say("hint: --reason and --owner record why a leak is accepted, and who is responsible for it")
    change = whole if len(chosen) == len(found) else replace(whole, baseline=apply(before, whole.baseline, chosen))
    written = write_baseline(settings.baseline, change.baseline)
    for line in diff_summary(before, change.baseline):
        show(one_line(line, LONGEST_LINE) + "\n")
    _show_outcome(change, settings.baseline, written=written, left=len(found) - len(chosen))
    _show_drift(settings.baseline, change)
    return ExitCode.UNMEASURED if change.refused else ExitCode.PASS


def _categories(accept: str | None) -> frozenset[Category]:
    valid = [category.value for category in Category]
    words = [word.strip() for word in (accept or ",".join(valid)).split(",")]
    for word in words:
        if word not in valid:
            raise UsageError(f"--accept: unknown category {word!r}", hint=f"valid are {', '.join(valid)}")
    return frozenset(map(Category, words))


def _one_line_option(option: str, text: str | None) -> str:
    if text is None:
        return ""
    if not text.strip() or one_line(text, LONGEST_REASON) != text:
        raise UsageError(f"{option}: write one line of 1 to {LONGEST_REASON} printable characters")
    return text.strip()


def _results(request: Request, settings: Config, source: Path | None) -> tuple[tuple[TargetResult, ...], str]:
    """Return the results to record, and the folder of the project in which they were measured."""
    if source is None:
        outcome = run_request(request, Detail.NORMAL)
        for mishap in outcome.mishaps:
            raise mishap
        return outcome.report.results, str(settings.root)
    chosen = {target.name for target in settings.targets}
    report = replayed(source)
    found = tuple(result for result in report.results if result.target.name in chosen)
    if not found:
        raise UsageError(f"{source} has none of these scripts", hint="was it made with another config?")
    return found, report.about.root or str(settings.root)


def _chosen(found: tuple[Change, ...], wanted: Selection) -> tuple[Change, ...]:
    """Return the changes that the options name."""
    for signature in wanted.signatures:
        named = {change.signature for change in found if change.signature.startswith(signature)}
        if len(signature) < LEAST_SIGNATURE or len(named) != 1:
            raise UsageError(
                f"--leak {signature}: {'several leaks have' if named else 'no leak to accept has'} this signature",
                hint=f"give {LEAST_SIGNATURE} digits or more of a signature that the report shows",
            )
    kept = tuple(change for change in found if change.category in wanted.categories)
    if not wanted.signatures:
        return kept
    return tuple(
        change
        for change in kept
        if change.subject is ChangedPart.LEAK and change.signature.startswith(wanted.signatures)
    )


def _updated(
    before: Baseline,
    results: tuple[TargetResult, ...],
    root: str,
    settings: Config,
    wanted: Selection,
    *,
    partial: bool,
) -> Update:
    return updated(
        before,
        results,
        configured=settings.every_name,
        prune=not partial,
        root=root,
        reason=wanted.reason,
        owner=wanted.owner,
    )


def _lacks_reason(chosen: tuple[Change, ...], wanted: Selection) -> bool:
    """Whether a leak that is new or got worse is accepted without a reason and without an owner."""
    loosening = (Category.NEW, Category.WORSE)
    accepted = any(one.subject is ChangedPart.LEAK and one.category in loosening for one in chosen)
    return accepted and not (wanted.reason or wanted.owner)


def _asked(found: tuple[Change, ...]) -> tuple[Change, ...]:
    try:
        return reviewed(found, _ask, show)
    except QuitError:
        raise UsageError("the review was ended, and nothing was written") from None


def _ask(question: str) -> str:
    try:
        return str(typer.prompt(question, default="", show_default=False, err=True, prompt_suffix=" "))
    except typer.Abort:
        raise UsageError("the review was ended, and nothing was written") from None


def _show_outcome(change: Update, path: Path, *, written: bool, left: int) -> None:
    for name, why in change.refused:
        say(f"not recorded: {one_line(name)}: {one_line(why)}")
    for environment, name in change.removed:
        if change.baseline.entry(environment, name) is None:
            say(f"removed: {one_line(name)} ({environment})")
    if left:
        say(f"not accepted: {left} {'change' if left == 1 else 'changes'}")
    if written:
        say(f"wrote {path_from_here(path)}: {len(change.recorded)} recorded; review the diff and commit it")
    else:
        say(f"{path_from_here(path)} is up to date")


def _show_drift(path: Path, change: Update) -> None:
    """Print which accepted figures rose from version to version. Without git, print nothing."""
    try:
        history = read_history(path)
    except UsageError:
        return
    for drift in drifts(history.versions, change.baseline):
        if drift.script in change.recorded:
            say(f"drift: {one_line(str(drift), LONGEST_REASON)}")
            say(f"hint: leakgate baseline show --history {shlex.quote(one_line(drift.script))} lists each step")
