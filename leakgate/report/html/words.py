"""How verdicts, places and commands read on the page."""

import shlex
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from typing import Final

from leakgate.model.evidence import Frame
from leakgate.model.report import GateReport, TargetResult
from leakgate.model.verdict import Expectation, GateVerdict, Verdict
from leakgate.report.html.markup import Html, tag

MARKS: Final[dict[Verdict, str]] = {
    Verdict.OK: "\u2713",
    Verdict.KNOWN: "\u25c6",
    Verdict.LEAK: "\u2715",
    Verdict.OVER_BUDGET: "\u25b2",
    Verdict.REGRESSION: "\u2197",
    Verdict.INCONCLUSIVE: "?",
    Verdict.ERROR: "!",
}
"""A sign beside the word, so that a verdict is never told by colour alone."""
GATE_MARKS: Final[dict[GateVerdict, str]] = {
    GateVerdict.PASS: "\u2713",
    GateVerdict.FAIL: "\u2715",
    GateVerdict.ERROR: "!",
}
_LIBRARY_FOLDERS: Final = ("site-packages", "dist-packages")


def badge(verdict: Verdict) -> Html:
    """A verdict as sign and word."""
    return tag("span", tag("span", MARKS[verdict], aria_hidden="true"), verdict, class_=f"badge v-{verdict}")


def plain_badge(label: str) -> Html:
    """A quiet label."""
    return tag("span", label, class_="badge plain")


def tone(result: TargetResult) -> str:
    """The verdict whose accent the script's section takes: a planted leak that was caught is a success."""
    if result.target.expect is Expectation.LEAK:
        return "ok" if result.passed else "leak"
    return str(result.verdict)


def plural(count: int, noun: str) -> str:
    """``1 script``, ``2 scripts``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def place(frame: Frame, root: PurePath) -> str:
    """``file:line`` of a frame, the file as ``file_name`` gives it."""
    return f"{file_name(frame.file, root)}:{frame.line}"


def file_name(file: str, root: PurePath) -> str:
    """A file's path from the project's folder; of a library, from the folder of packages on."""
    pure = PureWindowsPath(file) if "\\" in file or file[1:3] == ":/" else PurePosixPath(file)
    for folder in _LIBRARY_FOLDERS:
        if folder in pure.parts[:-1]:
            last = len(pure.parts) - 1 - pure.parts[::-1].index(folder)
            return "/".join(pure.parts[last + 1 :])
    try:
        return pure.relative_to(type(pure)(root)).as_posix()
    except ValueError:
        return pure.as_posix()


def again(result: TargetResult, report: GateReport) -> str:
    """The command that measures one script again."""
    if result.target.origin is None:
        return report.command
    return f"leakgate run {shlex.quote(result.target.name)}{_config(report, result.target.cwd)}"


def accept(result: TargetResult, report: GateReport) -> str:
    """The command that records how a script behaves now in the baseline."""
    return f"leakgate baseline update {shlex.quote(result.target.name)}{_config(report, result.target.cwd)}"


def _config(report: GateReport, root: PurePath) -> str:
    path = file_name(report.config_path, root) if report.config_path else ""
    return "" if path in ("", "leakgate.yaml") else f" -c {shlex.quote(path)}"
