"""Requests and the memory that they leave behind, in the words that all reports use."""

from math import isfinite
from typing import Final, assert_never

from leakgate.model.report import TargetResult, bytes_per_iteration
from leakgate.model.units import format_count, format_each
from leakgate.model.work_record import IterationRate, RouteGrowth, RouteVerdict, WorkRecord, WorkUnit
from leakgate.report.escape import one_line

SHOWN_ROUTES: Final = 12
ROUTE_HEAD: Final = ("route", "requests", "as expected", "per request", "95 % interval", "verdict")
_LONGEST_ROUTE: Final = 100


def rate_each(rate: IterationRate, unit: WorkUnit = WorkUnit.REQUEST) -> str:
    """Return the estimate and its interval: ``+1,248 B/request (1,231 to 1,266)``."""
    between = interval_each(rate)
    return f"{format_each(rate.estimate)}/{unit}" + (f" ({between})" if between else "")


def interval_each(rate: IterationRate) -> str:
    """Return the interval, without a unit if it is that of the estimate; empty if the interval is not known."""
    if not isfinite(rate.low) or not isfinite(rate.high):
        return ""
    ends = [format_each(end).lstrip("+") for end in (rate.low, rate.high)]
    units = {one.rpartition(" ")[2] for one in (format_each(rate.estimate), *ends)}
    return " to ".join(end.rpartition(" ")[0] if len(units) == 1 else end for end in ends)


def work_lines(result: TargetResult) -> list[tuple[str, str]]:
    """Return labels and texts about the work that was counted, and growth per request or call; empty without work."""
    work = result.measurement.trial.work
    if work is None:
        return []
    if work.unit is WorkUnit.CALL:
        return _call_lines(result, work)
    unexpected = work.sent - work.expected
    as_expected = "all answered as expected" if not unexpected else f"{format_count(unexpected)} not as expected"
    lines = [("requests", f"{format_count(work.sent)} sent, {as_expected}, {format_count(work.per_s)}/s")]
    rate = bytes_per_iteration(result.trends)
    if rate is not None:
        lines.append(("per request", f"memory in use {rate_each(rate)}"))
    for one in work.unexpected[:3]:
        answer = f": {one_line(one.answer, _LONGEST_ROUTE)}" if one.answer.strip() else ""
        lines.append(("unexpected", f"{_name(work.routes[one.route])}: {one_line(one.what, _LONGEST_ROUTE)}{answer}"))
    return lines


def _call_lines(result: TargetResult, work: WorkRecord) -> list[tuple[str, str]]:
    lines = [("calls", f"{format_count(work.sent)} of {_name(work.routes[0])}, {format_count(work.per_s)}/s")]
    rate = bytes_per_iteration(result.trends)
    return lines if rate is None else [*lines, ("per call", f"memory in use {rate_each(rate, work.unit)}")]


def route_rows(result: TargetResult, most: int = SHOWN_ROUTES) -> list[tuple[str, ...]]:
    """Return the rows of the table of routes, leaks and largest growth first; a last row counts the routes left out."""
    ordered = sorted(result.routes, key=_kept, reverse=True)
    rows: list[tuple[str, ...]] = [
        (
            _name(route.route),
            format_count(route.sent),
            format_count(route.expected),
            format_each(route.growth.estimate) if route.growth is not None else "not known",
            interval_each(route.growth) if route.growth is not None else "",
            verdict_word(route.verdict),
        )
        for route in ordered[:most]
    ]
    left = len(ordered) - most
    return [*rows, (f"and {left} more", *[""] * (len(ROUTE_HEAD) - 1))] if left > 0 else rows


def _kept(route: RouteGrowth) -> tuple[bool, float]:
    return route.verdict is RouteVerdict.LEAK, route.growth.estimate * route.sent if route.growth is not None else 0.0


def _name(route: str) -> str:
    return one_line(route, _LONGEST_ROUTE)


def verdict_word(verdict: RouteVerdict) -> str:
    """Return the verdict on a route in words."""
    match verdict:
        case RouteVerdict.LEAK:
            return "leaks"
        case RouteVerdict.OK:
            return "ok"
        case RouteVerdict.UNSURE:
            return "unclear"
        case _:
            assert_never(verdict)
