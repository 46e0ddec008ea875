"""The step of the Action that reports: outputs, files, annotations, the job summary and the comment.

It runs no script, and it is the only step with the token. It runs however the measuring ended, and works in the same
way each time. It does not change the verdict; the next step ends with the status.
"""

import os
import sys
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from action.inputs import is_true
from leakgate.archive.forms.results_form import load_results
from leakgate.archive.read_results import read_results
from leakgate.config.option_values import DEFAULT_CONFIG
from leakgate.errors import LeakgateError
from leakgate.github.change_lookup import look_up_change
from leakgate.github.comment import LEAKING, CommentMode, key_of, named_config
from leakgate.github.event import read_run
from leakgate.github.outputs import append_outputs, append_summary
from leakgate.github.posting import CommentOptions, CommentOutcome, Posted, comment_on
from leakgate.measure.clock import SystemClock
from leakgate.measure.processes import hide_memory
from leakgate.model.report import GateReport, RunProblem
from leakgate.model.review import Review, SeenLeak
from leakgate.model.verdict import ExitCode, Expectation, GateVerdict
from leakgate.report.annotations import annotations
from leakgate.report.escape import log_text, workflow_data
from leakgate.report.formats import ReportFormat
from leakgate.report.log_groups import log_groups
from leakgate.report.places import config_in_repository
from leakgate.report.reporters import render
from leakgate.report.reviewed_lines import reviewed_places, seen_leaks
from leakgate.report.run_words import headline
from leakgate.report.sink import write_text
from leakgate.report.style import Bounds, Style
from leakgate.verdict.whole_run import failed_run

FILES = {
    ReportFormat.JUNIT: "LEAKGATE_JUNIT",
    ReportFormat.JUNIT_STRICT: "LEAKGATE_JUNIT_STRICT",
    ReportFormat.SARIF: "LEAKGATE_SARIF",
    ReportFormat.HTML: "LEAKGATE_HTML",
}


def main(env: Mapping[str, str]) -> None:
    """Report what was measured, or why nothing was."""
    hide_memory()  # hidden from other jobs of the same user on this machine
    outputs = Path(env["GITHUB_OUTPUT"])
    report = obtain(env)
    # The outputs come first, so that they are set even if a later part fails.
    leaks = sum(one.verdict in LEAKING and one.target.expect is not Expectation.LEAK for one in report.results)
    status = env["LEAKGATE_EXIT_CODE"] or str(int(report.exit_code))
    json = {"json": env["LEAKGATE_JSON"]} if env["LEAKGATE_JSON"] else {}
    told = {"verdict": verdict_of(report, status), "exit-code": status, "leaks": str(leaks)}
    append_outputs(outputs, told | json)
    for step in (show, write_reports, annotate, summarize, comment):
        try:
            step(env, report, outputs)
        except Exception:  # noqa: BLE001 - a bug in one of them must not cost the others, nor the verdict
            say(workflow_data(traceback.format_exc()) + "\n")
            tell("warning", f"leakgate has a bug: {step.__name__} failed. Please report what the log shows.")


def obtain(env: Mapping[str, str]) -> GateReport:
    """Return the report of the step that measures; if there is none, a report that says so."""
    try:
        if env["LEAKGATE_JSON"]:
            return load_results(read_results(Path(env["LEAKGATE_JSON"])).decode("utf-8"))
    except (LeakgateError, UnicodeDecodeError) as error:
        problem = RunProblem(message=f"the results cannot be read: {error}")
        return failed_run((problem,), ExitCode.UNMEASURED)
    if env["LEAKGATE_MEASURED"] == "cancelled":
        return failed_run((), ExitCode.INTERRUPTED)
    problem = RunProblem(message="the step that measures was ended before it could leave results")
    return failed_run((problem,), ExitCode.UNMEASURED)


def verdict_of(report: GateReport, status: str) -> GateVerdict:
    """Return the verdict of the report. If leakgate ended with another status than the report has, return ``error``."""
    return report.verdict if status == str(int(report.exit_code)) else GateVerdict.ERROR


def show(env: Mapping[str, str], report: GateReport, outputs: Path) -> None:
    """Write the report to the log: its headline, why nothing was measured, and a foldable group for each script."""
    del env, outputs
    lines = (headline(report), *report.remarks)
    say("".join(f"{workflow_data(log_text(line))}\n" for line in lines) + log_groups(report))


def write_reports(env: Mapping[str, str], report: GateReport, outputs: Path) -> None:
    """Write the requested reports. The absolute path of each is an output."""
    folder = Path(env["GITHUB_WORKSPACE"], env["LEAKGATE_WORKING_DIRECTORY"])
    asked = {one: folder / env[variable] for one, variable in FILES.items() if env[variable]}
    if not asked:
        return
    style = Style(source_root=env["GITHUB_WORKSPACE"])
    for one, path in asked.items():
        try:
            write_text(path, render(one, report, style))
        except (OSError, ValueError) as error:
            tell("warning", f"the {output_of(one)} report could not be written: {error}")
    append_outputs(outputs, {output_of(one): str(path) for one, path in asked.items() if path.is_file()})


def output_of(report_format: ReportFormat) -> str:
    """Return the name of the output with the path of a report, such as ``junit-strict``.

    The input has the same name.
    """
    return report_format.value.replace("_", "-")


def annotate(env: Mapping[str, str], report: GateReport, outputs: Path) -> None:
    """Write annotations for lines of the code. If nothing was measured, at least one says why."""
    del outputs
    lines = annotations(report, env["GITHUB_WORKSPACE"]) if is_true(env["LEAKGATE_ANNOTATIONS"]) else ()
    say("".join(f"{line}\n" for line in lines))
    if not report.results and not report.problems:
        tell("error", "nothing was measured: the run was interrupted")


def summarize(env: Mapping[str, str], report: GateReport, outputs: Path) -> None:
    """Add the report to the job summary."""
    del outputs
    if not is_true(env["LEAKGATE_SUMMARY"]):
        return
    if not append_summary(Path(env["GITHUB_STEP_SUMMARY"]), lambda limit: markdown(env, report, Bounds(limit, limit))):
        tell("notice", "the job summary has no room for the report")


def comment(env: Mapping[str, str], report: GateReport, outputs: Path) -> None:
    """Create or update the comment, and write a line to the log that says what was done."""
    try:
        options = CommentOptions(
            mode=CommentMode(env["LEAKGATE_COMMENT"]),
            key=env["LEAKGATE_COMMENT_KEY"] or key_of(config_of(env, report)),
            author=env["LEAKGATE_COMMENT_AUTHOR"],
        )
    except ValueError:
        tell("warning", f"comment: {env['LEAKGATE_COMMENT']!r} is none of {', '.join(CommentMode)}")
        return
    try:
        outcome = comment_on(
            report,
            {**env, "GITHUB_TOKEN": env["LEAKGATE_GITHUB_TOKEN"]},
            options,
            lambda limit, fixed: markdown(env, report, Bounds.of_chars(limit), fixed),
            clock=SystemClock(),
            leaks=seen_leaks(report, env["GITHUB_WORKSPACE"]),
        )
    except LeakgateError as error:
        tell("warning", f"{error.message}. {error.hint}")
        return
    tell_outcome(outcome)
    if outcome.comment_id is not None:
        append_outputs(outputs, {"comment-id": str(outcome.comment_id)})


def config_of(env: Mapping[str, str], report: GateReport) -> str:
    """Return the path of the config from the root of the repository: the measured one, else the one of the inputs."""
    measured = config_in_repository(report)
    named = named_config(env["GITHUB_WORKSPACE"], env["LEAKGATE_WORKING_DIRECTORY"], env["LEAKGATE_CONFIG"])
    return measured if measured and named == DEFAULT_CONFIG else named


def tell_outcome(outcome: CommentOutcome) -> None:
    """Write a notice if the token may not comment, a warning if GitHub failed, else a plain line."""
    match outcome.posted:
        case Posted.FORBIDDEN:
            tell("notice", outcome.message)
        case Posted.FAILED:
            tell("warning", outcome.message)
        case Posted.CREATED | Posted.UPDATED | Posted.SKIPPED:
            say(workflow_data(outcome.message) + "\n")


def markdown(env: Mapping[str, str], report: GateReport, bounds: Bounds, fixed: tuple[SeenLeak, ...] = ()) -> str:
    """Return the report for the pull request, within the limits of a comment."""
    review = replace(reviewed(env, report), fixed=fixed)
    style = Style(bounds=bounds, source_root=env["GITHUB_WORKSPACE"], review=review)
    return render(ReportFormat.MARKDOWN, report, style)


_REVIEWS: dict[int, Review] = {}


def reviewed(env: Mapping[str, str], report: GateReport) -> Review:
    """Return what GitHub knows about the pull request.

    GitHub is asked once; if it does not answer, nothing is known.
    """
    if id(report) not in _REVIEWS:
        places = reviewed_places(report, env["GITHUB_WORKSPACE"])
        try:
            found = look_up_change(read_run(env), env["LEAKGATE_GITHUB_TOKEN"], places, clock=SystemClock())
        except LeakgateError:
            found = Review()
        _REVIEWS[id(report)] = found
    return _REVIEWS[id(report)]


def tell(level: str, message: str) -> None:
    """Write an annotation that belongs to no line of a file."""
    say(f"::{level} title=leakgate::{workflow_data(message)}\n")


def say(text: str) -> None:
    """Write to the log."""
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    main(os.environ)
