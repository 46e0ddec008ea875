"""The table of all scripts, worst first."""

from collections import Counter
from typing import Final

from leakgate.model.metrics import Metric
from leakgate.model.report import GateReport, TargetResult, Trend
from leakgate.model.units import format_change, format_size
from leakgate.model.verdict import SEVERITY
from leakgate.report.html.labels import status_badge
from leakgate.report.html.markup import LONGEST_NAME, NOTHING, Html, line, tag
from leakgate.report.leak_words import where
from leakgate.report.places import places_of
from leakgate.report.script_order import worst_first
from leakgate.report.script_words import judged_trend, took, took_s

FILTERED_FROM: Final = 8
"""The page has a filter if it has at least this many scripts."""


def table(report: GateReport) -> Html:
    """Return the table of all scripts, worst first, with the values by which the page's script sorts and filters."""
    if not report.results:
        return NOTHING
    columns = (
        _column("Script", "text"),
        _column("Verdict", "number"),
        _column("Live Python memory a second", "number", "heap/s"),
        _column("Native memory a second", "number", "native/s", "wide"),
        _column("RSS a second", "number", "RSS/s", "middle"),
        _column("Peak RSS", "number", None, "middle"),
        _column("Time", "number", None, "wide"),
    )
    rows = (_row(result, report, number) for number, result in enumerate(worst_first(report), start=1))
    caption = tag("caption", "All scripts, worst first. The buttons in the head sort.", class_="hidden-text")
    grid = tag("table", caption, tag("thead", tag("tr", *columns)), tag("tbody", *rows), class_="overview")
    return tag(
        "section",
        tag("div", tag("h2", "Scripts", id="scripts"), _filters(report), class_="section-head"),
        tag(
            "div",
            grid,
            tag("p", "No script fits the filter.", id="nothing", class_="nothing", hidden=True),
            class_="card scroll",
        ),
        tag("p", role="status", id="status", class_="hidden-text"),
        aria_labelledby="scripts",
    )


def _column(title: str, kind: str, short: str | None = None, cls: str | None = None) -> Html:
    number = kind == "number" and title != "Verdict"
    name = f"{'num ' if number else ''}{cls or ''}".strip() or None
    label = [tag("span", short, aria_hidden="true"), tag("span", title, class_="hidden-text")] if short else [title]
    return tag("th", *label, scope="col", aria_sort="none", data_kind=kind, class_=name)


def _row(result: TargetResult, report: GateReport, number: int) -> Html:
    resident = judged_trend(result, Metric.RSS)
    code = where(places_of(report, result), result)
    name = tag(
        "th",
        tag("a", line(result.target.name, LONGEST_NAME), href=f"#script-{number}"),
        tag("span", line(code, LONGEST_NAME), class_="where mono") if code else NOTHING,
        scope="row",
        class_="name",
        data_sort=line(result.target.name, LONGEST_NAME),
    )
    return tag(
        "tr",
        name,
        tag("td", status_badge(result), data_sort=SEVERITY.index(result.verdict)),
        _rise(judged_trend(result, Metric.HEAP)),
        _rise(judged_trend(result, Metric.NATIVE), "wide"),
        _rise(resident, "middle"),
        _cell(format_size(resident.peak), resident.peak, "middle") if resident else _cell(cls="middle"),
        _cell(took(result), took_s(result), "wide"),
        data_verdict=result.verdict,
        data_section=f"script-{number}",
    )


def _rise(trend: Trend | None, cls: str = "") -> Html:
    """Return the rise per second; the head of the column has the unit."""
    return _cell(format_change(trend.per_s), trend.per_s, cls) if trend else _cell(cls=cls)


def _cell(shown: str = "", value: float | None = None, cls: str = "") -> Html:
    sort = "" if value is None else f"{value:.10g}"
    return tag("td", shown or "\u2013", class_=f"num {cls}".strip(), data_sort=sort)


def _filters(report: GateReport) -> Html:
    if len(report.results) < FILTERED_FROM:
        return NOTHING
    counts = Counter(result.verdict for result in report.results)
    chips = [
        tag(
            "button",
            f"All {len(report.results):,}",
            type="button",
            class_="button",
            aria_pressed="true",
            data_verdict="",
        )
    ]
    chips += [
        tag(
            "button",
            f"{verdict} {counts[verdict]:,}",
            type="button",
            class_="button",
            aria_pressed="false",
            data_verdict=verdict,
        )
        for verdict in reversed(SEVERITY)
        if counts[verdict]
    ]
    search = tag(
        "input", type="search", placeholder="Name or file", aria_label="Filter by name or file", autocomplete="off"
    )
    return tag("div", *chips, search, id="filters", class_="filters", role="group", aria_label="Filter", hidden=True)
