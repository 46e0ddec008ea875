"""Signs and colours of the terminal report. A colour never says anything that a word or a sign does not say as well."""

from dataclasses import dataclass
from typing import Final

from rich.text import Text

from leakgate.model.report import GateReport, TargetResult
from leakgate.model.verdict import Verdict
from leakgate.report.words import fails


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The signs of one character set."""

    good: str
    bad: str
    unsure: str
    arrow: str
    dot: str
    rule: str
    ellipsis: str
    nothing: str
    bar: str
    full: str
    empty: str


GLYPHS: Final = Glyphs(
    "\u2713", "\u2717", "?", "\u2192", "\u00b7", "\u2500", "\u2026", "\u2013", "\u2502", "\u2501", "\u2500"
)
ASCII_GLYPHS: Final = Glyphs("+", "x", "?", "->", "-", "-", "...", "-", "|", "#", "-")

_COLORS: Final[dict[Verdict, str]] = {
    Verdict.OK: "green",
    Verdict.KNOWN: "cyan",
    Verdict.LEAK: "bold red",
    Verdict.OVER_BUDGET: "bold red",
    Verdict.REGRESSION: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.ERROR: "bold magenta",
}


def verdict_style(report: GateReport, result: TargetResult) -> str:
    """The colour of a verdict: what was planted and caught is as good as ok."""
    if result.passed:
        return _COLORS[Verdict.OK if result.verdict is Verdict.LEAK else result.verdict]
    return "bold red" if fails(report, result) and result.verdict is not Verdict.ERROR else _COLORS[result.verdict]


def mark(report: GateReport, result: TargetResult, glyphs: Glyphs) -> Text:
    """One sign: passes, keeps the gate from passing, or neither."""
    if fails(report, result):
        return Text(glyphs.bad, verdict_style(report, result))
    return Text(glyphs.good if result.passed else glyphs.unsure, verdict_style(report, result))
