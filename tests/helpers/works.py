"""Counted work: turns of several routes, and the curves of memory that result from them."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from leakgate.model.evidence import TrialOk
from leakgate.model.work_record import RouteCount, Turn, WorkRecord
from tests.helpers.trials import MB, Curve, trial_from

TURN_S = 0.3
REST_S = 0.12


def work_of(
    routes: int, *, end_s: float = 30.0, per_s: Callable[[float, int], float] = lambda _t, _route: 1000.0
) -> WorkRecord:
    """A load whose routes take turns in a changing order. ``per_s``: requests per second of each route over time."""
    turns = []
    at_s, number = 1.0, 0
    while at_s + TURN_S < end_s:
        route = (number + number // routes) % routes
        sent = round(TURN_S * per_s(at_s, route))
        turns.append(Turn(at_s, at_s + TURN_S, (RouteCount(route, sent, 0),)))
        at_s += TURN_S + REST_S
        number += 1
    return WorkRecord(routes=tuple(f"GET /{index}" for index in range(routes)), turns=tuple(turns))


def kept(work: WorkRecord, bytes_each: Mapping[int, float], *, level: float = 4 * MB) -> Curve:
    """Memory that each request of these routes keeps."""

    def curve(t_s: float) -> float:
        total = level
        for turn in work.turns:
            if turn.from_s >= t_s:
                break
            share = min(1.0, (t_s - turn.from_s) / (turn.to_s - turn.from_s))
            total += share * sum(bytes_each.get(one.route, 0.0) * one.sent for one in turn.counts)
        return total

    return curve


def worked(work: WorkRecord, heap: Curve, *, end_s: float = 30.0, **more: object) -> TrialOk:
    """A trial of a server whose heap follows this curve."""
    trial = trial_from(heap=heap, native=lambda _: 2 * MB, end_s=end_s, **more)  # type: ignore[arg-type]
    return replace(trial, work=work)
