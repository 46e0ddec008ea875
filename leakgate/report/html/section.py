"""The part of the page about one script, which can be opened."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from leakgate.model.evidence import TrialFailed
from leakgate.model.report import GateReport, TargetResult
from leakgate.model.units import format_duration
from leakgate.model.verdict import Expectation
from leakgate.report.html.baseline_panel import against_baseline
from leakgate.report.html.blocks import part
from leakgate.report.html.chart import chart
from leakgate.report.html.labels import badge, plain_badge, status_badge, tone
from leakgate.report.html.leaks import leaks
from leakgate.report.html.markup import LONGEST_NAME, NOTHING, Html, join, line, sentence, tag
from leakgate.report.html.measured_panel import how_measured
from leakgate.report.html.resource_panel import resources
from leakgate.report.html.tests_panel import repeated_tests
from leakgate.report.html.trends_panel import growing_types, trends
from leakgate.report.html.work_panel import work
from leakgate.report.next_commands import accept_command, reproduce_command
from leakgate.report.places import places_of

_SHOWN_LINES: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How the part of one script is shown."""

    number: int
    """Its place on the page, from 1."""
    opened: bool
    points: int
    """The largest number of readings per line of the chart; 0: no chart."""


def section(result: TargetResult, report: GateReport, shown: Shown) -> Html:
    """Return the script's part of the page."""
    places = places_of(report, result)
    content = join(
        (
            _hint(result),
            _failure(result),
            against_baseline(result, report, places) if result.baseline is not None else NOTHING,
            _over_time(result, shown),
            work(result),
            repeated_tests(result),
            leaks(result, places, report.excerpts),
            growing_types(result),
            resources(result.resources, places),
            trends(result),
            _commands(result, report),
            against_baseline(result, report, places) if result.baseline is None else NOTHING,
            _findings(result),
            how_measured(result, places),
        )
    )
    head = tag(
        "summary",
        tag("h3", line(result.target.name, LONGEST_NAME)),
        tag("span", *_badges(result), class_="badges"),
        tag("p", line(result.reason), class_="reason"),
    )
    return tag(
        "details",
        head,
        tag("div", content, class_="inside"),
        class_=f"script v-{tone(result)}",
        id=f"script-{shown.number}",
        open=shown.opened,
    )


def _badges(result: TargetResult) -> Iterable[Html]:
    if result.target.expect is Expectation.LEAK:
        yield plain_badge("planted leak")
        yield Html(" ")
    yield status_badge(result)


def _hint(result: TargetResult) -> Html:
    return tag("p", sentence(result.hint), class_="hint") if result.hint else NOTHING


def _over_time(result: TargetResult, shown: Shown) -> Html:
    """Return the chart. In a closed section it is the text of ``noscript``, and the script draws it when opened.

    The charts are most of a page's elements. Without scripting, the browser shows the content of ``noscript``.
    """
    figure = chart(result, shown.points) if shown.points else NOTHING
    if not figure.source:
        return NOTHING
    return part("Memory over time", figure if shown.opened else tag("noscript", figure))


def _failure(result: TargetResult) -> Html:
    trial = result.measurement.trial
    if not isinstance(trial, TrialFailed):
        return NOTHING
    status = f", status {trial.exit_code}" if trial.exit_code is not None else ""
    message = f": {trial.message}" if trial.message not in result.reason else ""
    reason = tag("p", f"{trial.reason}{status}, after {format_duration(trial.at_s)}{message}")
    tail = "\n".join(trial.stderr_tail.splitlines()[-_SHOWN_LINES:])
    output = [tag("p", "The last lines on stderr:", class_="soft"), tag("pre", tail, class_="wrapped")] if tail else []
    return part("Why there is nothing to judge", reason, *output)


def _commands(result: TargetResult, report: GateReport) -> Html:
    blocks = (
        ("Measure it again", reproduce_command(report, result)),
        ("Accept it as it is, in the baseline", accept_command(report, result)),
    )
    shown = [
        tag("div", tag("h4", title), tag("div", tag("pre", command), class_="copied"))
        for title, command in blocks
        if command
    ]
    return tag("div", *shown, class_="commands") if shown else NOTHING


def _findings(result: TargetResult) -> Html:
    items = (
        tag(
            "li",
            badge(finding.verdict),
            tag("span", f" {finding.rule}: ", class_="soft"),
            finding.message,
            *([tag("span", f" ({finding.where})", class_="soft")] if finding.where else []),
        )
        for finding in result.findings
    )
    messages = [finding.message for finding in result.findings]
    if messages in ([], [result.reason]):  # the head of the script's part has the same text
        return NOTHING
    return part("What each rule says", tag("ul", *items, class_="bare-list"))
