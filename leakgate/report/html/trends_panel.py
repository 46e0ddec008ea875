"""How much each metric grew, and which classes grow."""

from typing import Final

from leakgate.model.metrics import METRICS, Metric, Unit
from leakgate.model.report import TargetResult, Trend
from leakgate.model.target import BudgetForm
from leakgate.model.units import format_change, format_count, format_size
from leakgate.report.html.amounts import amount, interval, rate_of
from leakgate.report.html.blocks import MISSING, head_cell, part, table
from leakgate.report.html.markup import NOTHING, Html, tag
from leakgate.report.number_words import level, rate
from leakgate.report.type_words import type_bytes_per_s, type_rate, types_part

_SHOWN_TYPES: Final = 12


def trends(result: TargetResult) -> Html:
    """Return a table of all metrics, with their growth over the measured window; nothing without trends."""
    if not result.trends:
        return NOTHING
    head = (
        head_cell("Metric"),
        *(
            head_cell(name, "num")
            for name in ("Start", "End", "Growth", "Rate", "95 % interval", "Noise", "Peak", "Budget")
        ),
    )
    flat = [trend for trend in result.trends if _counts_flat(trend, result)]
    rows = (_trend(trend, result) for trend in result.trends if trend not in flat)
    names = ", ".join(METRICS[trend.metric].title for trend in flat)
    return part(
        "Floors over the measured window",
        table(head, rows, "Floors over the measured window"),
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
        level(trend.metric, trend.start),
        level(trend.metric, trend.end),
        signed,
        rate_of(trend.per_s, unit),
        interval(trend, unit),
        amount(trend.noise, unit),
        level(trend.metric, trend.peak),
        _budgets(trend.metric, result),
    )
    return tag(
        "tr", tag("th", METRICS[trend.metric].title, scope="row"), *(tag("td", cell, class_="num") for cell in cells)
    )


def _budgets(metric: Metric, result: TargetResult) -> str:
    names = {BudgetForm.GROWTH: "+{}", BudgetForm.RATE: "{}", BudgetForm.ITERATION: "{}", BudgetForm.PEAK: "peak {}"}
    found = [names[budget.form].format(budget.text) for budget in result.target.budgets if budget.metric is metric]
    return ", ".join(found) or MISSING


def growing_types(result: TargetResult) -> Html:
    """Return a table of the classes with a growing number of instances; nothing if there are none."""
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
    head = (
        head_cell("Class"),
        head_cell("More per minute", "num"),
        head_cell("Size of one", "num"),
        head_cell("Together", "num"),
    )
    return part(
        "Which objects grow",
        table(head, rows, "Classes with a growing number of instances"),
        tag("p", types_part(result, _SHOWN_TYPES), class_="soft"),
    )
