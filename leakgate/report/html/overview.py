"""The top of the page: the verdict in one line, how many scripts have which, and the table of all scripts."""

from collections import Counter
from typing import Final

from leakgate.model.evidence import TrialFailed, TrialOk
from leakgate.model.metrics import Metric
from leakgate.model.report import GateReport, TargetResult
from leakgate.model.units import format_duration, format_rate, format_size
from leakgate.model.verdict import SEVERITY, Expectation, GateVerdict, Verdict
from leakgate.report.html.markup import NOTHING, Html, tag
from leakgate.report.html.words import GATE_MARKS, MARKS, badge, place, plural

FILTERED_FROM: Final = 8
"""Scripts from which on a filter is of use."""


def worst_first(report: GateReport) -> list[TargetResult]:
    """Scripts that fail first, then by severity, each in the order of the config."""
    return sorted(report.results, key=lambda result: (result.passed, -SEVERITY.index(result.verdict)))


def headline(report: GateReport) -> Html:
    """The verdict of the run."""
    mark = tag("span", f"{GATE_MARKS[report.verdict]} ", class_="mark", aria_hidden="true")
    counts = Counter(result.verdict for result in report.results)
    badges = (
        tag(
            "li",
            tag(
                "span",
                tag("span", MARKS[verdict], aria_hidden="true"),
                f"{counts[verdict]} {verdict}",
                class_=f"badge v-{verdict}",
            ),
        )
        for verdict in reversed(SEVERITY)
        if counts[verdict]
    )
    return tag(
        "section",
        tag("h1", mark, _headline(report), id="verdict"),
        tag("p", _detail(report)),
        tag("ul", *badges, class_="counts") if report.results else NOTHING,
        class_=f"verdict v-{report.verdict}",
        aria_labelledby="verdict",
    )


def _headline(report: GateReport) -> str:
    total = len(report.results)
    if not total:
        return "Nothing was measured"
    failed = sum(1 for result in report.results if _fails(result, report))
    unmeasured = sum(1 for result in report.results if result.verdict is Verdict.ERROR)
    match report.verdict:
        case GateVerdict.PASS if total == 1:
            return "The script passes the gate"
        case GateVerdict.PASS:
            return f"All {total:,} scripts pass the gate"
        case GateVerdict.FAIL:
            return f"{failed:,} of {plural(total, 'script')} fail{'s' if failed == 1 else ''} the gate"
        case GateVerdict.ERROR:
            return f"{unmeasured:,} of {plural(total, 'script')} could not be measured"


def _fails(result: TargetResult, report: GateReport) -> bool:
    if result.passed:
        return False
    return (
        result.target.expect is Expectation.LEAK or result.verdict in report.fail_on or result.verdict is Verdict.ERROR
    )


def _detail(report: GateReport) -> str:
    worst = next((result for result in worst_first(report) if not result.passed), None)
    parts = ["The run was interrupted; this is what was measured until then."] if report.interrupted else []
    if worst is not None:
        parts.append(f"{worst.target.name}: {worst.reason}")
    elif report.results:
        undecided = sum(1 for result in report.results if result.verdict is Verdict.KNOWN)
        known = f", {plural(undecided, 'leak')} known and no worse" if undecided else ""
        parts.append(f"No sustained growth beyond noise, budgets and the baseline{known}.")
    return " ".join(parts) or "A run without scripts never passes."


def table(report: GateReport) -> Html:
    """The table of all scripts, worst first, with what the page's script sorts and filters by."""
    if not report.results:
        return NOTHING
    columns = (
        _column("Script", "text"),
        _column("Verdict", "number"),
        _column("Live Python memory a minute", "number", "Python/min"),
        _column("RSS a minute", "number", "RSS/min", "middle"),
        _column("Peak RSS", "number", None, "middle"),
        _column("Watched", "number", None, "wide"),
    )
    rows = (_row(result, number) for number, result in enumerate(worst_first(report), start=1))
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


def _row(result: TargetResult, number: int) -> Html:
    heap, resident = result.trend(Metric.HEAP), result.trend(Metric.RSS)
    where = (
        [tag("span", place(result.leaks[0].site.blamed, result.target.cwd), class_="where mono")]
        if result.leaks
        else []
    )
    severity = SEVERITY.index(result.verdict)
    watched = _watched_s(result)
    return tag(
        "tr",
        tag(
            "th",
            tag("a", result.target.name, href=f"#script-{number}"),
            *where,
            scope="row",
            class_="name",
            data_sort=result.target.name,
        ),
        tag("td", badge(result.verdict), data_sort=severity),
        _number(format_rate(heap.per_s, "min") if heap else "", heap.per_s if heap else None),
        _number(format_rate(resident.per_s, "min") if resident else "", resident.per_s if resident else None, "middle"),
        _number(format_size(resident.peak) if resident else "", resident.peak if resident else None, "middle"),
        _number(format_duration(watched), watched, "wide"),
        data_verdict=result.verdict,
        data_section=f"script-{number}",
    )


def _number(shown: str, value: float | None, cls: str = "") -> Html:
    return tag("td", shown or "\u2013", class_=f"num {cls}".strip(), data_sort="" if value is None else f"{value:.10g}")


def _watched_s(result: TargetResult) -> float:
    match result.measurement.trial:
        case TrialOk() as trial:
            return trial.watched_s
        case TrialFailed() as failed:
            return failed.at_s


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
