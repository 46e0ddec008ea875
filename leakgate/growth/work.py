"""The work clock: how many iterations were done at each time, and how much memory grows with each iteration.

Bytes per second depend on the machine and on other programs on it; bytes per request do not.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isfinite, sqrt
from typing import Final

from leakgate.growth.floors import Points, floors
from leakgate.growth.least_squares import Fit, fit
from leakgate.growth.slope import theil_sen
from leakgate.growth.stretches import Mark, Stretch, between, marks_after_collections, marks_at_rest, rests_of
from leakgate.growth.students_t import T_95, quantile
from leakgate.model.work_record import IterationRate, WorkRecord

MIN_POINTS: Final = 8
"""With fewer points, the interval is too wide to be useful."""
MOST_POINTS: Final = 150
"""The Theil-Sen slope uses all pairs of points: 11,000 pairs."""
FLOORS: Final = 12
"""Equal parts of a window whose lowest readings are compared with the work done."""
SLOWED: Final = 0.7
"""A server is judged by its work if one half of the watch has less than this share of the iterations of the other half.
A sustained rise must keep 0.75 of its early growth. So a leak in a server that slows down would look like a cache that
fills, and a cache that fills in a server that speeds up would look like a leak."""
MOST_ROUTES: Final = 60
"""A watch is too short to distinguish more routes, and the time to solve grows with the third power of their number."""
SPARE_ROWS: Final = 3
"""The fit needs this many more stretches than routes."""


@dataclass(frozen=True, slots=True)
class WorkClock:
    """Iterations done over time: straight lines between the points."""

    t_s: tuple[float, ...]
    done: tuple[float, ...]
    work: WorkRecord

    def at(self, t_s: float) -> float:
        """Iterations that were done until ``t_s``."""
        after = bisect_right(self.t_s, t_s)
        if after == 0:
            return self.done[0]
        if after == len(self.t_s):
            return self.done[-1]
        before_s, after_s = self.t_s[after - 1], self.t_s[after]
        share = (t_s - before_s) / (after_s - before_s) if after_s > before_s else 1.0
        return self.done[after - 1] + share * (self.done[after] - self.done[after - 1])

    def when(self, done: float) -> float:
        """The time at which ``done`` iterations were done."""
        after = bisect_right(self.done, done)
        if after == 0:
            return self.t_s[0]
        if after == len(self.done):
            return self.t_s[-1]
        share = (done - self.done[after - 1]) / (self.done[after] - self.done[after - 1])
        return self.t_s[after - 1] + share * (self.t_s[after] - self.t_s[after - 1])

    def slowed(self, start_s: float, end_s: float) -> bool:
        """Whether clearly fewer iterations were done in the second half of the window than in the first."""
        first, second = self._halves(start_s, end_s)
        return 0 < second < SLOWED * first

    def sped_up(self, start_s: float, end_s: float) -> bool:
        """Whether clearly more iterations were done in the second half of the window than in the first."""
        first, second = self._halves(start_s, end_s)
        return first < SLOWED * second

    def _halves(self, start_s: float, end_s: float) -> tuple[float, float]:
        middle_s = (start_s + end_s) / 2
        return self.at(middle_s) - self.at(start_s), self.at(end_s) - self.at(middle_s)


def clock_of(work: WorkRecord | None) -> WorkClock | None:
    """The clock of a load; None if nothing was counted."""
    if work is None or not work.sent:
        return None
    times: list[float] = []
    done: list[float] = []
    total = 0.0
    for turn in work.turns:
        times += [turn.from_s, turn.to_s]
        done += [total, total + turn.sent]
        total += turn.sent
    return WorkClock(tuple(times), tuple(done), work)


def per_iteration(points: Points, clock: WorkClock, start_s: float, end_s: float) -> IterationRate | None:
    """Return how much a quantity grows with each iteration in the window; None if too little was done or read.

    Only comparable readings are used: those right after full collections, the last one of each rest, when no request
    was pending, or (for a single route) the floors of equal parts of the window. The result with the narrowest interval
    is returned. If several routes are requested in turns, growth comes in steps that no straight line fits. Then each
    route has its own rate, and the rates are added in proportion to the requests.
    """
    if clock.at(end_s) <= clock.at(start_s):
        return None
    found: list[Sequence[Mark]] = [
        marks_at_rest([points], rests_of(clock.work.turns), start_s, end_s),
        marks_after_collections([points], start_s, end_s),
    ]
    if len(clock.work.routes) > 1:
        rates = [_mixed(clock.work, between(clock.work, marks)) for marks in found]
    else:
        found.append(_lowest(points, start_s, end_s))
        rates = [_straight(marks, clock) for marks in found]
    known = [rate for rate in rates if rate is not None]
    return min(known, key=lambda rate: rate.high - rate.low) if known else None


def per_iteration_of_course(points: Points, clock: WorkClock, start_s: float, end_s: float) -> IterationRate | None:
    """Return the same for the course of workers that are replaced: it has no moments of rest, and no garbage."""
    inside = points.between(start_s, end_s)
    return _straight(list(zip(inside.t_s, inside.values, strict=True)), clock)


def fit_routes(stretches: Sequence[Stretch], routes: int) -> tuple[Fit, ...]:
    """Growth with each request, by route; empty if there are too few stretches, or too many routes."""
    if routes > MOST_ROUTES or len(stretches) < routes + SPARE_ROWS:
        return ()
    return fit([stretch.counts for stretch in stretches], [stretch.grew for stretch in stretches])


def _mixed(work: WorkRecord, stretches: Sequence[Stretch]) -> IterationRate | None:
    fits = fit_routes(stretches, len(work.routes))
    if not fits or not all(isfinite(one.error) for one in fits):
        return None
    asked = [sum(stretch.counts[route] for stretch in stretches) for route in range(len(fits))]
    shares = [count / sum(asked) for count in asked]
    estimate = sum(share * one.value for share, one in zip(shares, fits, strict=True))
    error = sqrt(sum((share * one.error) ** 2 for share, one in zip(shares, fits, strict=True)))
    return rate_of(Fit(estimate, error), len(stretches) - len(fits))


def rate_of(fitted: Fit, free: int) -> IterationRate:
    """Return a fitted figure with its 95 % interval. ``free``: the degrees of freedom of the fit."""
    half = quantile(T_95, free) * fitted.error
    return IterationRate(fitted.value, fitted.value - half, fitted.value + half)


def _straight(marks: Sequence[Mark], clock: WorkClock) -> IterationRate | None:
    marks = marks[:: max(1, ceil(len(marks) / MOST_POINTS))]
    if len(marks) < MIN_POINTS:
        return None
    done = tuple(clock.at(t_s) for t_s, _ in marks)
    if done[-1] <= done[0]:
        return None
    slope = theil_sen(Points(done, tuple(value for _, value in marks)))
    return IterationRate(slope.per_s, slope.low, slope.high)


def _lowest(points: Points, start_s: float, end_s: float) -> list[Mark]:
    lows = floors(points, start_s, end_s, FLOORS)
    return [] if lows is None else list(zip(lows.t_s, lows.values, strict=True))
