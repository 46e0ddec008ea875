"""The folded section of one script in the Markdown report: reason, figures, chart, leaks, next commands."""

import math
from collections.abc import Iterator
from typing import Final

from leakgate.model.evidence import TrialFailed
from leakgate.model.explanation import Frame
from leakgate.model.metrics import METRICS, Unit
from leakgate.model.report import GateReport, Leak, TargetResult, Trend
from leakgate.model.units import format_change, format_size
from leakgate.report.escape import markdown_block, markdown_inline, markdown_prose
from leakgate.report.leak_words import (
    allocated_at,
    certainty,
    held_word,
    holder_growth,
    leak_rate,
    main_leaks,
    rates_note,
)
from leakgate.report.next_commands import accept_command, reproduce_command
from leakgate.report.number_words import level, share
from leakgate.report.places import Collapsed, Places, places_of
from leakgate.report.resource_words import NOT_KNOWN, SHOWN_RESOURCES, resource_growth
from leakgate.report.script_order import further_failures
from leakgate.report.script_words import main_trend, memory, status
from leakgate.report.shown_readings import judged_readings, judged_span
from leakgate.report.sparkline import bucket_means
from leakgate.report.type_words import type_rate
from leakgate.report.work_words import ROUTE_HEAD, route_rows, work_lines

_NAME_LIMIT: Final = 100
_REASON_LIMIT: Final = 600
_STDERR_LIMIT: Final = 3_000
_TRACEBACK_LIMIT: Final = 3_000
_LEAKS: Final = 5
_TYPES: Final = 5
_ALLOCATING: Final = 5
_POINTS: Final = 60
_READINGS: Final = 600
_MB: Final = 1_000_000


def details(
    report: GateReport, result: TargetResult, source_root: str, *, chart: bool, tracebacks: bool
) -> Iterator[str]:
    """Yield the lines of a ``<details>`` element, which is always closed."""
    name = markdown_inline(result.target.name, _NAME_LIMIT)
    figure = f", {memory(result)}" if result.trends else ""
    yield f"<details><summary>{name}: {status(result)}{figure}</summary>"
    yield ""
    yield markdown_prose(result.reason, _REASON_LIMIT)
    yield ""
    if result.hint:
        yield f"\u2192 {markdown_prose(result.hint, _REASON_LIMIT)}"
        yield ""
    for finding in further_failures(report, result):
        yield f"Also {finding.verdict.value}: {markdown_prose(finding.message, _REASON_LIMIT)}"
        yield ""
    yield from _figures(result)
    if chart and result.trends:
        yield from _chart(result)
    yield from _work(result)
    yield from _failure(result)
    places = places_of(report, result, source_root)
    shown, rest = main_leaks(result, _LEAKS)
    for leak in shown:
        yield from _leak(leak, places, tracebacks=tracebacks)
    if rest:
        yield f"and {rest}"
        yield ""
    if note := rates_note(result):
        yield note
        yield ""
    if tracebacks:
        yield from _types(result)
    yield from _resources(result, places)
    yield from _commands(report, result, source_root)
    yield "</details>"
    yield ""


def _figures(result: TargetResult) -> Iterator[str]:
    """Yield the numbers of the chart and more as a table, because mail and phones show no charts."""
    if not result.trends:
        return
    yield "| | start | end | rise | rate | 95 % interval | peak |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    main = main_trend(result)
    for trend in result.trends:
        # Counted metrics that do not change would hide the rows that matter.
        if METRICS[trend.metric].unit is Unit.COUNT and trend.growth == 0 and trend is not main:
            continue
        yield f"| {METRICS[trend.metric].title} | {' | '.join(_row(trend))} |"
    yield ""


def _row(trend: Trend) -> tuple[str, ...]:
    change = format_change if METRICS[trend.metric].unit is Unit.BYTES else _count
    scale, unit = (1.0, "/s") if METRICS[trend.metric].unit is Unit.BYTES else (60.0, "/min")
    low, high = change(trend.low_per_s * scale), change(trend.high_per_s * scale)
    growth, rate_text = change(trend.growth), f"{change(trend.per_s * scale)}{unit}"
    start, end, peak = (level(trend.metric, value) for value in (trend.start, trend.end, trend.peak))
    return start, end, growth, rate_text, f"{low} to {high}", peak


def _count(change: float) -> str:
    return f"{change:+,.1f}"


def _chart(result: TargetResult) -> Iterator[str]:
    """Yield a chart of the main metric; it has only numbers and leakgate's own words, so Mermaid can parse it."""
    metric, judged = judged_readings(result, _READINGS)
    from_s, to_s = judged_span(result)
    values = [value / _MB for value in bucket_means(judged, _POINTS)]
    if (
        len(values) < 2
        or METRICS[metric].unit is not Unit.BYTES
        or not all(map(math.isfinite, (*values, from_s, to_s)))
    ):
        return
    lowest, highest = min(values), max(values)
    margin = max((highest - lowest) * 0.1, highest * 0.02, 0.01)
    yield f"{METRICS[metric].title} while it was judged; start-up is left out:"
    yield ""
    yield "```mermaid"
    yield "---"
    yield "config:"
    yield "  themeVariables:"
    yield "    xyChart:"
    yield '      plotColorPalette: "#e5534b"'
    yield "  xyChart:"
    yield "    width: 640"
    yield "    height: 260"
    yield "---"
    yield "xychart-beta"
    yield f'  x-axis "seconds" {from_s:.1f} --> {max(to_s, from_s + 0.1):.1f}'
    yield f'  y-axis "MB" {max(0.0, lowest - margin):.2f} --> {highest + margin:.2f}'
    yield f"  line [{', '.join(f'{value:.2f}' for value in values)}]"
    yield "```"
    yield ""


def _work(result: TargetResult) -> Iterator[str]:
    """Yield the requests and answers, and the table of routes."""
    for label, text in work_lines(result):
        yield f"- {label}: {markdown_prose(text, _REASON_LIMIT)}"
    rows = route_rows(result)
    if rows:
        yield ""
        yield f"| {' | '.join(ROUTE_HEAD)} |"
        yield "|---|--:|--:|--:|--:|---|"
        for route, *cells in rows:
            yield f"| {markdown_inline(route, _NAME_LIMIT)} | {' | '.join(cells)} |"
    if rows or result.measurement.trial.work is not None:
        yield ""


def _failure(result: TargetResult) -> Iterator[str]:
    trial = result.measurement.trial
    if isinstance(trial, TrialFailed) and trial.stderr_tail.strip():
        yield "The end of stderr:"
        yield ""
        yield markdown_block(trial.stderr_tail[-_STDERR_LIMIT:], _STDERR_LIMIT)


def _leak(leak: Leak, places: Places, *, tracebacks: bool) -> Iterator[str]:
    site = leak.site
    state = ", suppressed" if leak.suppressed_by else ", known" if leak.known else ""
    amount = f"{leak_rate(leak)}, {share(leak.share)} of the growth{state}"
    yield f"**{_frame(leak.place, places)}**: {amount}"
    yield ""
    if leak.suppressed_by:
        yield f"- suppressed because {markdown_prose(leak.suppressed_by)}"
    if leak.holder is not None:
        growth = markdown_prose(holder_growth(leak.holder, timed=not leak.tests))
        yield f"- {held_word(leak.holder)} {markdown_inline(leak.holder.path)}: {growth}"
        if leak.holder.writer is not None and leak.holder.writer != leak.place:
            yield f"- inserted by {_frame(leak.holder.writer, places)}"
    for text in allocated_at(leak, places)[:_ALLOCATING]:
        yield f"- allocated at {markdown_inline(text)}"
    if sure := certainty(site):
        yield f"- {sure} sure: native memory is charged to the line that runs"
    if leak.advice:
        yield f"- advice: {markdown_prose(leak.advice, _REASON_LIMIT)}"
    yield ""
    if tracebacks:
        lines = [_traceback_line(step, places) for step in places.fold(site.frames)]
        yield "Allocated in, called from:"
        yield ""
        yield markdown_block("\n".join(lines), _TRACEBACK_LIMIT)


def _frame(frame: Frame, places: Places) -> str:
    place = markdown_inline(places.line(frame))
    return f"{place} in {markdown_inline(frame.function)}" if frame.function else place


def _traceback_line(step: Frame | Collapsed, places: Places) -> str:
    if isinstance(step, Collapsed):
        return f"... {step}"
    return f"{places.line(step)} in {step.function}" if step.function else places.line(step)


def _types(result: TargetResult) -> Iterator[str]:
    if not result.types:
        return
    yield "| growing type | per minute | size of one |"
    yield "|---|--:|--:|"
    for growth in result.types[:_TYPES]:
        each = format_size(growth.bytes_each)
        yield f"| {markdown_inline(growth.name, _NAME_LIMIT)} | {type_rate(growth)} | {each} |"
    yield ""


def _resources(result: TargetResult, places: Places) -> Iterator[str]:
    if not result.resources:
        return
    yield "What piles up:"
    yield ""
    for growth in result.resources[:SHOWN_RESOURCES]:
        made_at = NOT_KNOWN if growth.blamed is None else _frame(growth.blamed, places)
        yield f"- {markdown_prose(resource_growth(growth))}; created at: {made_at}"
    yield ""


def _commands(report: GateReport, result: TargetResult, source_root: str) -> Iterator[str]:
    accept = accept_command(report, result, source_root)
    yield "Run it again:"
    yield ""
    yield markdown_block(reproduce_command(report, result, source_root), language="sh")
    if accept:
        key = markdown_inline(result.measurement.environment.title, _NAME_LIMIT)
        kept = markdown_inline("--from results.json")
        yield f"To accept it, run this on {key}, or on any machine with {kept} of this run. Then review the baseline:"
        yield ""
        yield markdown_block(accept, language="sh")
