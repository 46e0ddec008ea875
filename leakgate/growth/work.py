"""The work clock: how many iterations were done by when, and how much memory grows with each of them.

Bytes a second depend on the machine and its neighbours; bytes a request do not.
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
"""Fewer points than this give no interval that is worth showing."""
MOST_POINTS: Final = 150
"""Theil and Sen's slope takes all pairs: 11,000 of them."""
FLOORS: Final = 12
SLOWED: Final = 0.7
"""A server that does this share of its first half in the second is judged by its work: 0.75 of the first half's growth
is what still counts as sustained, so a slower one would be called a cache that fills."""
MOST_ROUTES: Final = 60
"""More cannot be told apart in the time that a script is watched, and solving takes the third power of it."""
SPARE_ROWS: Final = 3
"""Stretches that there must be beyond the number of routes."""


@dataclass(frozen=True, slots=True)
class WorkClock:
    """Iterations done over time: straight lines between the points."""

    t_s: tuple[float, ...]
    done: tuple[float, ...]
    work: WorkRecord

    def at(self, t_s: float) -> float:
        """Iterations that were done by then."""
        after = bisect_right(self.t_s, t_s)
        if after == 0:
            return self.done[0]
        if after == len(self.t_s):
            return self.done[-1]
        before_s, after_s = self.t_s[after - 1], self.t_s[after]
        share = (t_s - before_s) / (after_s - before_s) if after_s > before_s else 1.0
        return self.done[after - 1] + share * (self.done[after] - self.done[after - 1])

    def when(self, done: float) -> float:
        """The time at which so many iterations were done."""
        after = bisect_right(self.done, done)
        if after == 0:
            return self.t_s[0]
        if after == len(self.done):
            return self.t_s[-1]
        share = (done - self.done[after - 1]) / (self.done[after] - self.done[after - 1])
        return self.t_s[after - 1] + share * (self.t_s[after] - self.t_s[after - 1])

    def slowed(self, start_s: float, end_s: float) -> bool:
        """Whether clearly less was done in the second half of the window than in the first."""
        middle_s = (start_s + end_s) / 2
        first, second = self.at(middle_s) - self.at(start_s), self.at(end_s) - self.at(middle_s)
        return 0 < second < SLOWED * first


def clock_of(work: WorkRecord | None) -> WorkClock | None:
    """The clock of a load; None where nothing was counted."""
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
    """How much a quantity grows with each iteration in the window; None where too little was done or read.

    Readings that are alike are compared: those right after full collections, or the last one of each rest, when
    nothing was on its way, or the floors of equal parts of the window. The narrowest interval counts. Where several
    routes are asked in turns, growth comes in stairs that no straight line fits: then each route has a rate of its
    own, and they are added up in the proportions in which they were asked.
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


def fit_routes(stretches: Sequence[Stretch], routes: int) -> tuple[Fit, ...]:
    """What each route adds with a request; empty where there are too few stretches to tell."""
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
    half = quantile(T_95, len(stretches) - len(fits)) * error
    return IterationRate(estimate, estimate - half, estimate + half)


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
