"""The part of the page about one script, which can be opened."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from leakgate.growth.roles import role_labels
from leakgate.model.baseline import BaselineEntry, BaselineState
from leakgate.model.evidence import NO_PYTHON, EndReason, ProcessTrack, TrialFailed
from leakgate.model.metrics import METRICS, Metric, Unit
from leakgate.model.report import GateReport, TargetResult, Trend
from leakgate.model.target import BudgetForm
from leakgate.model.units import format_change, format_count, format_duration, format_size
from leakgate.model.verdict import Expectation
from leakgate.report.change_words import percent
from leakgate.report.html.chart import amount, chart, interval, rate_of
from leakgate.report.html.labels import badge, plain_badge, status_badge, tone
from leakgate.report.html.leaks import leaks
from leakgate.report.html.markup import LONGEST_NAME, NOTHING, Html, join, line, sentence, tag
from leakgate.report.html.resource_panel import resources
from leakgate.report.html.tests_panel import repeated_tests
from leakgate.report.html.work_panel import work
from leakgate.report.next_commands import accept_command, reproduce_command
from leakgate.report.number_words import rate
from leakgate.report.places import Places, places_of
from leakgate.report.type_words import type_bytes_per_s, type_rate, types_part
from leakgate.targets.kind import command_line

MISSING: Final = "\u2013"
_SHOWN_TYPES: Final = 12
_SHOWN_PROCESSES: Final = 20
_SHOWN_LINES: Final = 50
_ENDINGS: Final[dict[EndReason, str]] = {
    EndReason.DURATION: "ended at the end of its duration",
    EndReason.EARLY: "ended early, because the answer was clear",
    EndReason.EXITED: "ended by itself",
    EndReason.INTERRUPTED: "interrupted",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How the part of one script is shown."""

    number: int
    """Its place on the page, from 1."""
    opened: bool
    points: int
    """Most readings per line of the chart; 0: no chart."""


def section(result: TargetResult, report: GateReport, shown: Shown) -> Html:
    """Return the script's part of the page."""
    places = places_of(report, result)
    content = join(
        (
            _hint(result),
            _failure(result),
            _comparison(result, report, places) if result.baseline is not None else NOTHING,
            _over_time(result, shown),
            work(result),
            repeated_tests(result),
            leaks(result, places, report.excerpts),
            _types(result),
            resources(result.resources, places),
            _trends(result),
            _commands(result, report),
            _comparison(result, report, places) if result.baseline is None else NOTHING,
            _findings(result),
            _details(result, places),
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


def _part(title: str, *children: Html | str) -> Html:
    return tag("section", tag("h4", title), *children)


def _table(head: tuple[Html, ...], rows: Iterable[Html], caption: str) -> Html:
    return tag(
        "div",
        tag(
            "table", tag("caption", caption, class_="hidden-text"), tag("thead", tag("tr", *head)), tag("tbody", *rows)
        ),
        class_="scroll",
        role="region",
        aria_label=caption,
        tabindex=0,
    )


def _head(label: str, cls: str | None = None) -> Html:
    return tag("th", label, scope="col", class_=cls)


def _over_time(result: TargetResult, shown: Shown) -> Html:
    """Return the chart. In a closed section it is the text of ``noscript``, and the script draws it when opened.

    The charts are most of a page's elements. Without scripting, the browser shows the content of ``noscript``.
    """
    figure = chart(result, shown.points) if shown.points else NOTHING
    if not figure.source:
        return NOTHING
    return _part("Memory over time", figure if shown.opened else tag("noscript", figure))


def _trends(result: TargetResult) -> Html:
    if not result.trends:
        return NOTHING
    head = (
        _head("Metric"),
        *(
            _head(name, "num")
            for name in ("Start", "End", "Growth", "Rate", "95 % interval", "Noise", "Peak", "Budget")
        ),
    )
    flat = [trend for trend in result.trends if _counts_flat(trend, result)]
    rows = (_trend(trend, result) for trend in result.trends if trend not in flat)
    names = ", ".join(METRICS[trend.metric].title for trend in flat)
    return _part(
        "Floors over the measured window",
        _table(head, rows, "Floors over the measured window"),
        *([tag("p", f"Did not grow: {names}.", class_="soft")] if names else []),
    )


def _counts_flat(trend: Trend, result: TargetResult) -> bool:
    """Whether a counted metric neither grew nor has a budget; then its name is enough."""
    counted = METRICS[trend.metric].unit is Unit.COUNT
    return counted and trend.growth <= 0 and _budgets(trend.metric, result) == MISSING


def _trend(trend: Trend, result: TargetResult) -> Html:
    unit = METRICS[trend.metric].unit
    signed = format_change(trend.growth) if unit is Unit.BYTES else format_count(trend.growth)
    cells = (
        amount(trend.start, unit),
        amount(trend.end, unit),
        signed,
        rate_of(trend.per_s, unit),
        interval(trend, unit),
        amount(trend.noise, unit),
        amount(trend.peak, unit),
        _budgets(trend.metric, result),
    )
    return tag(
        "tr", tag("th", METRICS[trend.metric].title, scope="row"), *(tag("td", cell, class_="num") for cell in cells)
    )


def _budgets(metric: Metric, result: TargetResult) -> str:
    names = {BudgetForm.GROWTH: "+{}", BudgetForm.RATE: "{}", BudgetForm.ITERATION: "{}", BudgetForm.PEAK: "peak {}"}
    found = [names[budget.form].format(budget.text) for budget in result.target.budgets if budget.metric is metric]
    return ", ".join(found) or MISSING


def _types(result: TargetResult) -> Html:
    if not result.types:
        return NOTHING
    rows = (
        tag(
            "tr",
            tag("th", tag("code", growth.name), scope="row"),
            tag("td", type_rate(growth), class_="num"),
            tag("td", format_size(growth.bytes_each), class_="num"),
            tag("td", rate(type_bytes_per_s(growth)), class_="num"),
        )
        for growth in result.types[:_SHOWN_TYPES]
    )
    head = (_head("Class"), _head("More per minute", "num"), _head("Size of one", "num"), _head("Together", "num"))
    return _part(
        "Which objects grow",
        _table(head, rows, "Classes with a growing number of instances"),
        tag("p", types_part(result, _SHOWN_TYPES), class_="soft"),
    )


def _failure(result: TargetResult) -> Html:
    trial = result.measurement.trial
    if not isinstance(trial, TrialFailed):
        return NOTHING
    status = f", status {trial.exit_code}" if trial.exit_code is not None else ""
    message = f": {trial.message}" if trial.message not in result.reason else ""
    reason = tag("p", f"{trial.reason}{status}, after {format_duration(trial.at_s)}{message}")
    tail = "\n".join(trial.stderr_tail.splitlines()[-_SHOWN_LINES:])
    output = [tag("p", "The last lines on stderr:", class_="soft"), tag("pre", tail, class_="wrapped")] if tail else []
    return _part("Why there is nothing to judge", reason, *output)


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


def _comparison(result: TargetResult, report: GateReport, places: Places) -> Html:
    entry = result.baseline
    if entry is None:
        known = report.about.baseline_state
        states = {
            BaselineState.FOUND: "The baseline has no entry for this script.",
            BaselineState.MISSING: "There is no baseline file yet.",
            BaselineState.OTHER_ENVIRONMENT: "The baseline has no entry for this environment.",
            BaselineState.BASE_RUN: "Neither the baseline nor the base run has an entry for this script.",
        }
        failed = isinstance(result.measurement.trial, TrialFailed)
        state = states.get(known, "") if known is not None and not failed else ""
        return _part("Against the baseline", tag("p", state, class_="soft")) if state else NOTHING
    head = (_head("What"), _head("Accepted", "num"), _head("Now", "num"), _head("Change", "num"))
    notes = tag("ul", *(tag("li", sentence(text)) for text in result.invitations), class_="plain-list")
    return _part(
        "Against the baseline",
        _table(head, _compared(result, entry, places), "The baseline and this run"),
        notes if result.invitations else NOTHING,
    )


def _compared(result: TargetResult, entry: BaselineEntry, places: Places) -> Iterable[Html]:
    heap, resident = result.trend(Metric.HEAP), result.trend(Metric.RSS)
    yield _row("Verdict", entry.verdict, result.verdict)
    yield _rates("Growth of live memory", entry.growth_bytes_per_s, heap.per_s if heap else None)
    peak = format_size(resident.peak) if resident else MISSING
    yield _row("Peak", format_size(entry.peak_bytes), peak, percent(entry.peak_bytes, resident.peak if resident else 0))
    now = {part.known_as or part.signature: part.site for leak in result.leaks for part in leak.parts}
    for accepted in entry.leaks:
        site = now.pop(accepted.signature, None)
        name, recorded = f"Leak at {accepted.where}", accepted.bytes_per_s
        yield _rates(name, recorded, site.bytes_per_s) if site else _row(name, rate(recorded), "gone")
    for site in now.values():
        where = f"{places.path(site.blamed.file)}:{site.blamed.function}"
        yield _row(f"Leak at {where}", "not recorded", rate(site.bytes_per_s), "new")


def _rates(name: str, accepted: float, now: float | None) -> Html:
    if now is None:
        return _row(name, rate(accepted), MISSING)
    return _row(name, rate(accepted), rate(now), percent(accepted, now))


def _row(name: str, accepted: str, now: str, change: str = "") -> Html:
    cells = (tag("td", cell, class_="num") for cell in (accepted, now, change))
    return tag("tr", tag("th", name, scope="row"), *cells)


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
    return _part("What each rule says", tag("ul", *items, class_="bare-list"))


def _details(result: TargetResult, places: Places) -> Html:
    target, trial = result.target, result.measurement.trial
    script = " ".join(places.path(word) for word in command_line(target))
    facts: list[tuple[str, Html | str]] = [
        ("Script", tag("code", script)),
        ("Watched", _watched(result)),
        ("Where", _where(result)),
        ("Started", result.measurement.started_at),
    ]
    notes = _notes(result)
    parts = [
        tag("dl", *(cell for name, value in facts for cell in (tag("dt", name), tag("dd", value))), class_="facts"),
        tag("ul", *(tag("li", note) for note in notes), class_="plain-list") if notes else NOTHING,
        _processes(trial.processes) if len(trial.processes) > 1 else NOTHING,
    ]
    return _part("How it was measured", *parts)


def _watched(result: TargetResult) -> str:
    trial = result.measurement.trial
    if isinstance(trial, TrialFailed):
        return f"{format_duration(trial.at_s)}, then it failed"
    longer = ", longer than its duration because the answer was not clear" if trial.extended else ""
    watched, warm = format_duration(trial.watched_s), format_duration(result.warmup_s)
    return f"{watched}{longer}, the first {warm} as warm-up; {_ENDINGS[trial.ending.reason]}"


def _where(result: TargetResult) -> str:
    env = result.measurement.environment
    if env.implementation == NO_PYTHON:
        return env.title
    return f"{env.implementation} {env.python}, {env.os} {env.machine}{f', {env.malloc}' if env.malloc else ''}"


def _notes(result: TargetResult) -> list[str]:
    trial = result.measurement.trial
    if isinstance(trial, TrialFailed):
        return []
    notes = list(trial.notes)
    if trial.explanation:
        window, pause = format_duration(trial.explanation.window_s), format_duration(trial.explanation.longest_pause_s)
        notes += [f"Allocations were traced for {window}; the longest pause was {pause}.", *trial.explanation.notes]
    return notes


def _processes(processes: tuple[ProcessTrack, ...]) -> Html:
    rows = (
        tag(
            "tr",
            tag("td", str(process.pid), class_="num"),
            tag("td", label),
            tag("td", tag("code", process.command)),
            tag("td", f"{format_duration(process.first_s)} to {format_duration(process.last_s)}", class_="num"),
            tag("td", "yes" if process.probed else "from outside only"),
        )
        for process, label in list(zip(processes, role_labels(processes), strict=True))[:_SHOWN_PROCESSES]
    )
    head = (_head("PID", "num"), _head("Role"), _head("Command"), _head("Seen", "num"), _head("Counters read"))
    rest = len(processes) - _SHOWN_PROCESSES
    more = [tag("p", f"{rest:,} more in results.json.", class_="soft")] if rest > 0 else []
    return join((_table(head, rows, "Processes"), *more))
