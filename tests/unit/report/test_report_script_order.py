"""All reports explain the scripts in one order: leaks first, the fastest first."""

import re
from dataclasses import replace

import pytest

from leakgate.model.report import TargetResult
from leakgate.model.verdict import DEFAULT_FAIL_ON, Verdict
from leakgate.report.formats import ReportFormat
from leakgate.report.reporters import render
from leakgate.report.script_order import failing, grown_bytes_per_s, to_explain, worst_first
from leakgate.report.style import Style
from tests.helpers.report_parts import trends
from tests.helpers.reports import (
    canary,
    changed,
    crashed,
    gate,
    healthy,
    inconclusive,
    known_leak,
    leaky_python,
    over_budget,
)

ORDER = ["fastf", "slows", "ceiling", "canarym", "crashedc", "undecidedo", "knownk", "healthyh", "canaryc"]
EXPLAINED = ORDER[:6]


def growing(result: TargetResult, per_s: float) -> TargetResult:
    return replace(result, trends=trends({"rss_per_s": per_s, "heap_per_s": per_s, "native_per_s": 0.0}), leaks=())


REPORT = gate(
    growing(over_budget("ceiling"), 9e6),
    crashed("crashedc"),
    growing(leaky_python("slows"), 2e4),
    canary("canarym", caught=False),
    inconclusive("undecidedo"),
    known_leak("knownk"),
    healthy("healthyh"),
    canary("canaryc"),
    growing(leaky_python("fastf"), 5e6),
)


def names(results: tuple[TargetResult, ...]) -> list[str]:
    return [result.target.name for result in results]


def test_a_script_that_is_over_its_ceiling_comes_after_leaks_however_fast_it_grows() -> None:
    assert grown_bytes_per_s(REPORT.results[0]) == 9e6
    assert names(worst_first(REPORT)) == ORDER
    assert names(failing(REPORT)) == ORDER[:5]
    assert names(to_explain(REPORT)) == EXPLAINED


@pytest.mark.parametrize(
    ("report_format", "after", "order"),
    [
        (ReportFormat.TERMINAL, "judged part", EXPLAINED),
        (ReportFormat.MARKDOWN, "|---|", ORDER),
        (ReportFormat.HTML, "All scripts, worst first", ORDER),
    ],
)
def test_reports_have_the_same_order(report_format: ReportFormat, after: str, order: list[str]) -> None:
    text = render(report_format, REPORT, Style(width=120)).partition(after)[2]
    if report_format is ReportFormat.TERMINAL:  # its table has the order of the config; the sections are below it
        text = text.partition("\n\n")[2]
    places = [one.start() for name in order if (one := re.search(rf"\b{name}\b", text))]
    assert len(places) == len(order)
    assert places == sorted(places)


def test_verdicts_of_single_tests_that_fail_the_gate_have_a_place_too() -> None:
    slow = replace(inconclusive("slows"), verdict=Verdict.TOO_SLOW)
    report = changed(
        gate(slow, inconclusive("undecidedo"), crashed("crashedc")), fail_on=DEFAULT_FAIL_ON | {Verdict.TOO_SLOW}
    )
    assert names(worst_first(report)) == ["crashedc", "slows", "undecidedo"]
