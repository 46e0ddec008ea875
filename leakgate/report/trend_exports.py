"""The figures of a run for services that draw them over time: Bencher, and the action github-action-benchmark.

Both take a name, a figure and a unit. Growth is per second, so that runs of different lengths can be compared.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from leakgate.model.metrics import METRICS, Metric
from leakgate.model.report import GateReport, TargetResult
from leakgate.report.escape import one_line
from leakgate.report.style import Style

GROWING: Final = (Metric.RSS, Metric.HEAP, Metric.NATIVE)
_NAME_LIMIT: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figure:
    """One figure of one script."""

    script: str
    measure: str
    """Slug: letters, digits and dashes."""
    unit: str
    value: float
    low: float | None = None
    high: float | None = None


def render_bencher(report: GateReport, style: Style) -> str:
    """Return Bencher Metric Format: for each script its figures, each with its confidence interval."""
    del style
    found: dict[str, dict[str, Any]] = {}
    for figure in _figures(report):
        value = {"value": figure.value}
        if figure.low is not None and figure.high is not None:
            value |= {"lower_value": figure.low, "upper_value": figure.high}
        found.setdefault(figure.script, {})[figure.measure] = value
    return json.dumps(found, indent=2) + "\n"


def render_benchmark(report: GateReport, style: Style) -> str:
    """Return what github-action-benchmark reads as ``customSmallerIsBetter``: a list of figures with name and unit."""
    del style
    rows = [
        {"name": f"{figure.script}: {figure.measure}", "unit": figure.unit, "value": figure.value}
        | ({"range": f"{figure.low:+.0f} to {figure.high:+.0f}"} if figure.low is not None else {})
        for figure in _figures(report)
    ]
    return json.dumps(rows, indent=2) + "\n"


def _figures(report: GateReport) -> Iterator[_Figure]:
    for result in report.results:
        yield from _figures_of(result)


def _figures_of(result: TargetResult) -> Iterator[_Figure]:
    """Yield the figures of a script. A script that was not measured has none: a zero would look like an improvement."""
    name = one_line(result.target.name, _NAME_LIMIT)
    for metric in GROWING:
        trend = result.trend(metric)
        if trend is None:
            continue
        slug = METRICS[metric].title.lower()
        if metric is Metric.RSS:
            yield _Figure(script=name, measure="rss-peak", unit="bytes", value=round(trend.peak))
        yield _Figure(
            script=name,
            measure=f"{slug}-growth",
            unit="bytes/s",
            value=round(trend.per_s, 1),
            low=round(trend.low_per_s, 1),
            high=round(trend.high_per_s, 1),
        )
