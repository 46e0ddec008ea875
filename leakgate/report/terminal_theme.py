"""Signs and colours of the terminal report. Everything that a colour shows, a word or a sign shows as well."""

from dataclasses import dataclass
from typing import Final

from rich.text import Text

from leakgate.model.report import GateReport, TargetResult
from leakgate.model.verdict import Verdict
from leakgate.report.script_order import blocks_gate
from leakgate.report.script_words import status


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The signs of one character set. All are one cell wide, except the arrow, the ellipsis and the spinner."""

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
    spinner: str


GLYPHS: Final = Glyphs(
    good="\u2713",
    bad="\u2717",
    unsure="?",
    arrow="\u2192",
    dot="\u00b7",
    rule="\u2500",
    ellipsis="\u2026",
    nothing="\u2013",
    bar="\u2502",
    full="\u2501",
    spinner="\u280b\u2819\u2839\u2838\u283c\u2834\u2826\u2827\u2807\u280f",
)
ASCII_GLYPHS: Final = Glyphs(
    good="+",
    bad="x",
    unsure="?",
    arrow="->",
    dot="-",
    rule="-",
    ellipsis="...",
    nothing="-",
    bar="|",
    full="#",
    spinner="|/-\\",
)

_COLORS: Final[dict[Verdict, str]] = {
    Verdict.OK: "green",
    Verdict.KNOWN: "cyan",
    Verdict.LEAK: "bold red",
    Verdict.OVER_BUDGET: "bold red",
    Verdict.REGRESSION: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.TOO_SLOW: "yellow",
    Verdict.NOT_REPEATABLE: "yellow",
    Verdict.ERROR: "bold magenta",
}


def verdict_style(report: GateReport, result: TargetResult) -> str:
    """Return the colour of a verdict: a planted leak that was caught has the colour of ok."""
    if result.passed:
        return _COLORS[Verdict.OK if result.verdict is Verdict.LEAK else result.verdict]
    return (
        "bold red" if blocks_gate(report, result) and result.verdict is not Verdict.ERROR else _COLORS[result.verdict]
    )


def outcome(result: TargetResult, glyphs: Glyphs) -> Text:
    """Return sign and status of a script during the run, before the verdict of the gate is known."""
    if result.passed:
        sign, color = glyphs.good, _COLORS[Verdict.OK]
    elif result.verdict is Verdict.INCONCLUSIVE:
        sign, color = glyphs.unsure, _COLORS[result.verdict]
    else:
        sign, color = glyphs.bad, "bold red"
    return Text(f"{sign} {status(result)}", color)


def mark(report: GateReport, result: TargetResult, glyphs: Glyphs) -> Text:
    """Return one sign: the script passes, blocks the gate, or neither."""
    if blocks_gate(report, result):
        return Text(glyphs.bad, verdict_style(report, result))
    return Text(glyphs.good if result.passed else glyphs.unsure, verdict_style(report, result))
