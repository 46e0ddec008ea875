"""The step of the Action that reports: outputs, files, annotations, the job summary and the comment.

It runs no script, and it alone holds the token. Nothing in it changes the verdict; the step after it ends with the
status.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from leakgate.archive.forms.results_form import load_results
from leakgate.errors import LeakgateError
from leakgate.github.comment import CommentMode
from leakgate.github.outputs import append_outputs, append_summary
from leakgate.github.posting import CommentOptions, CommentOutcome, Posted, comment_on
from leakgate.measure.clock import SystemClock
from leakgate.model.report import GateReport
from leakgate.model.verdict import Expectation, GateVerdict, Verdict
from leakgate.report.annotations import annotations
from leakgate.report.escape import workflow_data
from leakgate.report.formats import ReportFormat
from leakgate.report.reporters import render
from leakgate.report.style import Bounds, Style

LEAKING = frozenset({Verdict.LEAK, Verdict.OVER_BUDGET, Verdict.REGRESSION})
FILES = {"junit": "LEAKGATE_JUNIT", "sarif": "LEAKGATE_SARIF", "html": "LEAKGATE_HTML"}


def main(env: Mapping[str, str]) -> None:
    """Report what was measured, or say that nothing was."""
    outputs = Path(env["GITHUB_OUTPUT"])
    status = env["LEAKGATE_EXIT_CODE"]
    if not env["LEAKGATE_JSON"]:
        append_outputs(outputs, {"verdict": GateVerdict.ERROR, "exit-code": status})
        tell("error", f"the gate could not run (exit code {status}); the log of the step that measures says why")
        return
    results = Path(env["LEAKGATE_JSON"])
    report = load_results(results.read_text("utf-8"))
    # First of all, so that they are there whatever happens to the rest.
    leaks = sum(one.verdict in LEAKING and one.target.expect is not Expectation.LEAK for one in report.results)
    append_outputs(outputs, {"verdict": verdict_of(report, status), "exit-code": status, "leaks": str(leaks)})
    append_outputs(outputs, write_files(env, results))
    if is_true(env, "LEAKGATE_ANNOTATIONS"):
        say("".join(f"{line}\n" for line in annotations(report, env["GITHUB_WORKSPACE"])))
    if is_true(env, "LEAKGATE_SUMMARY") and not summarize(env, report):
        tell("notice", "the job summary has no room for the report")
    comment(env, report, outputs)


def verdict_of(report: GateReport, status: str) -> GateVerdict:
    """The report's verdict, unless leakgate ended otherwise than the report says: then something went wrong."""
    return report.verdict if status == str(int(report.exit_code)) else GateVerdict.ERROR


def write_files(env: Mapping[str, str], results: Path) -> dict[str, str]:
    """Write the reports that were asked for; the absolute path of each, by the name of its output."""
    folder = Path(env["GITHUB_WORKSPACE"], env["LEAKGATE_WORKING_DIRECTORY"])
    asked = {name: folder / env[variable] for name, variable in FILES.items() if env[variable]}
    if not asked:
        return {}
    command = [sys.executable, "-I", "-B", "-m", "leakgate", "report", str(results), "--quiet"]
    command += [f"--{name}={path}" for name, path in asked.items()]
    tokenless = {name: value for name, value in env.items() if name != "LEAKGATE_GITHUB_TOKEN"}
    # Its status is the verdict again.
    subprocess.run(command, cwd=folder, env=tokenless, check=False, stdout=subprocess.DEVNULL)
    for name, path in asked.items():
        if not path.is_file():
            tell("warning", f"the {name} report could not be written; the log says why")
    return {name: str(path) for name, path in asked.items() if path.is_file()}


def summarize(env: Mapping[str, str], report: GateReport) -> bool:
    """Put the report into the job summary."""
    return append_summary(Path(env["GITHUB_STEP_SUMMARY"]), lambda limit: markdown(env, report, Bounds(limit, limit)))


def comment(env: Mapping[str, str], report: GateReport, outputs: Path) -> None:
    """Create or update the comment; one line in the log says what became of it."""
    try:
        options = CommentOptions(
            mode=CommentMode(env["LEAKGATE_COMMENT"]),
            key=env["LEAKGATE_COMMENT_KEY"],
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
            lambda limit: markdown(env, report, Bounds.of_chars(limit)),
            clock=SystemClock(),
        )
    except LeakgateError as error:
        tell("warning", f"{error.message}. {error.hint}")
        return
    tell_outcome(outcome)
    if outcome.comment_id is not None:
        append_outputs(outputs, {"comment-id": str(outcome.comment_id)})


def tell_outcome(outcome: CommentOutcome) -> None:
    """A notice where the token may not comment, a warning where GitHub failed, else a plain line."""
    match outcome.posted:
        case Posted.FORBIDDEN:
            tell("notice", outcome.message)
        case Posted.FAILED:
            tell("warning", outcome.message)
        case Posted.CREATED | Posted.UPDATED | Posted.SKIPPED:
            say(workflow_data(outcome.message) + "\n")


def markdown(env: Mapping[str, str], report: GateReport, bounds: Bounds) -> str:
    """The report for the pull request, within bounds."""
    return render(ReportFormat.MARKDOWN, report, Style(bounds=bounds, source_root=env["GITHUB_WORKSPACE"]))


def is_true(env: Mapping[str, str], name: str) -> bool:
    """Whether an input is switched on."""
    return env[name].strip().lower() == "true"


def tell(level: str, message: str) -> None:
    """An annotation that belongs to no line."""
    say(f"::{level} title=leakgate::{workflow_data(message)}\n")


def say(text: str) -> None:
    """Write to the log."""
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    main(os.environ)
