"""Badges: a verdict as a sign, a word and a colour."""

from typing import Final

from leakgate.model.report import TargetResult
from leakgate.model.verdict import Expectation, GateVerdict, Verdict
from leakgate.report.html.markup import Html, tag
from leakgate.report.script_words import status

MARKS: Final[dict[Verdict, str]] = {
    Verdict.OK: "\u2713",
    Verdict.KNOWN: "\u25c6",
    Verdict.LEAK: "\u2715",
    Verdict.OVER_BUDGET: "\u25b2",
    Verdict.REGRESSION: "\u2197",
    Verdict.INCONCLUSIVE: "?",
    Verdict.TOO_SLOW: "\u29d6",
    Verdict.NOT_REPEATABLE: "\u21bb",
    Verdict.ERROR: "!",
}
"""A sign beside the word, so that a verdict is never shown by colour alone."""
GATE_MARKS: Final[dict[GateVerdict, str]] = {
    GateVerdict.PASS: "\u2713",
    GateVerdict.FAIL: "\u2715",
    GateVerdict.ERROR: "!",
}


def badge(verdict: Verdict) -> Html:
    """Return a verdict as sign and word."""
    sign = tag("span", MARKS[verdict], aria_hidden="true")
    return tag("span", sign, verdict, class_=f"badge v-{verdict}")


def status_badge(result: TargetResult) -> Html:
    """Return the badge of a script: its verdict, or for a planted leak whether it was caught."""
    if result.target.expect is Expectation.OK or result.verdict is Verdict.ERROR:
        return badge(result.verdict)
    sign = tag("span", MARKS[Verdict.OK if result.passed else Verdict.LEAK], aria_hidden="true")
    return tag("span", sign, status(result), class_=f"badge v-{tone(result)}")


def plain_badge(label: str) -> Html:
    """Return a neutral label."""
    return tag("span", label, class_="badge plain")


def tone(result: TargetResult) -> str:
    """Return the verdict whose colour the script's section has: a planted leak that was caught is a success."""
    if result.target.expect is Expectation.LEAK and result.verdict is not Verdict.ERROR:
        return "ok" if result.passed else "leak"
    return str(result.verdict)
