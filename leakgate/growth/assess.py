"""The answer on growth: whether the memory of a script rises to the end, has come to rest, or is not decided."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from leakgate.growth import thresholds
from leakgate.growth.decision import Shape, Window, find_window, shape_of
from leakgate.growth.floors import Points, floors
from leakgate.growth.leak_kind import kind_of
from leakgate.growth.lives import RoleAnswer, judge_roles
from leakgate.growth.signals import Signal, signals_of
from leakgate.growth.sizes import block_scale
from leakgate.growth.slope import Slope, theil_sen
from leakgate.growth.unjudged import UnjudgedRole, unjudged_roles
from leakgate.growth.work import WorkClock, clock_of
from leakgate.model.evidence import TrialOk
from leakgate.model.explanation import Explanation
from leakgate.model.metrics import Metric
from leakgate.model.verdict import Kind
from leakgate.model.work_record import WorkRecord

NATIVE_SHARE: Final = 0.5
"""Share of the growth that an explanation found in native memory, above which native memory leads."""
UNSEEN_TIMES: Final = 10.0
"""A rise of resident memory that no counter explains keeps the answer open if it is this many times its noise: 4 MB.
Pages of an allocator that copies and frees large blocks move by less."""
COARSE_TIMES: Final = 10.0
"""The report gives the reason for a sensitivity that is worse than the noise floor of the heap by this factor."""


class Growth(StrEnum):
    """Whether memory grows."""

    GROWS = "grows"
    STEADY = "steady"
    UNDECIDED = "undecided"
    UNMEASURED = "unmeasured"


@dataclass(frozen=True, slots=True)
class Assessment:
    """One signal, and how its floor moved."""

    signal: Signal
    window: Window
    slope: Slope
    begin_s: float = 0.0
    """When the judged time begins: after the start-up, and after the warm-up that the user set."""

    @property
    def is_coarse(self) -> bool:
        """Whether a leak many times faster than the noise floor of the heap would not have shown."""
        return self.window.unseen_per_s > COARSE_TIMES * thresholds.IN_FORCE.noise.heap.per_s

    @property
    def hides_much(self) -> bool:
        """Whether these are workers that are replaced, and their lives are so short that a fast leak would not show."""
        fast = self.window.unseen_per_s > thresholds.IN_FORCE.lives.hidden_per_s
        return self.signal.recycled is not None and self.window.shape is Shape.FLAT and fast


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the evidence says about growth, regardless of budgets, the baseline and suppressions."""

    growth: Growth
    kind: Kind
    warmup_s: float
    """The start of the judged window, in seconds."""
    end_s: float
    assessments: tuple[Assessment, ...]
    leading: Assessment | None
    """The signal that decided: the fastest one that grows (exact counters have more weight), else the undecided one
    with the largest rise; None if no signal decided."""
    unseen: tuple[UnjudgedRole, ...] = ()
    """Roles of processes that were replaced so fast, or so rarely, that their lives could not be judged."""

    @property
    def misses_workers(self) -> bool:
        """Whether workers that do many jobs each could not be judged."""
        return any(role.does_many_jobs for role in self.unseen)


SLOPE_FLOORS = 8
"""Floors that a slope is estimated from; with fewer readings, half of them, or two."""


def judge_growth(trial: TrialOk, *, warmup_s: float | None = None) -> Judgement:
    """Judge every signal of the trial.

    ``warmup_s``: seconds, set by the user; None: leakgate finds the warm-up in the data.
    """
    clock = clock_of(trial.work)
    answers = judge_roles(trial, warmup_s=warmup_s)
    assessed = (
        *(_assess(signal, trial.watched_s, warmup_s, clock) for signal in signals_of(trial)),
        *(_assessed_role(answer) for answer in answers),
    )
    growth, leading = _combine(assessed)
    leading = _leading_outside(leading, assessed, trial.explanation)
    if growth is Growth.GROWS and leading is not None:
        start_s = leading.window.start_s
    else:
        start_s = max((one.window.start_s for one in assessed if one.window.shape is Shape.FLAT), default=0.0)
    rates = [(one.signal, slope_over(one.signal.points, start_s, trial.watched_s).per_s) for one in assessed]
    kind = kind_of(leading.signal, rates, trial) if growth is Growth.GROWS and leading else Kind.NONE
    roles = {(role.parent, role.command) for one in assessed if (role := one.signal.recycled) is not None}
    return Judgement(growth, kind, start_s, trial.watched_s, assessed, leading, unjudged_roles(trial, roles))


def _assessed_role(answer: RoleAnswer) -> Assessment:
    window = answer.window
    return Assessment(answer.signal, window, slope_over(answer.signal.points, window.start_s, window.end_s))


def _assess(signal: Signal, end_s: float, warmup_s: float | None, clock: WorkClock | None) -> Assessment:
    begin_s = signal.begin_s if warmup_s is None else max(signal.begin_s, warmup_s)
    window = find_window(signal.points, begin_s, end_s, signal.noise, fixed_start=warmup_s is not None)
    if clock is not None and signal.exact:
        window = _checked_by_work(window, signal, begin_s, end_s, clock)
    return Assessment(signal, window, slope_over(signal.points, window.start_s, window.end_s), begin_s)


def _checked_by_work(window: Window, signal: Signal, begin_s: float, end_s: float, clock: WorkClock) -> Window:
    """Return the window of a server whose speed changed, as its work shows it.

    A leak in a server that slows down looks like a cache that fills, and a cache that fills in a server that speeds up
    looks like a leak. If memory rises over time but not with the work, the answer is open.
    """
    if window.shape is not Shape.SUSTAINED and clock.slowed(begin_s, end_s):
        by_work = _window_by_work(signal, begin_s, end_s, clock)
        return by_work if by_work.shape is Shape.SUSTAINED else window
    if window.shape is Shape.SUSTAINED and clock.sped_up(begin_s, end_s):
        by_work = _window_by_work(signal, begin_s, end_s, clock)
        return window if by_work.shape is Shape.SUSTAINED else replace(window, shape=Shape.UNSTEADY)
    return window


def steadiness_by_work(one: Assessment, work: WorkRecord | None) -> float:
    """Return how steadily a signal rises with the work in its window, 0 to 1; 0 if it does not, or without any work.

    On a busy machine, a leak rises over time as unevenly as requests are answered.
    """
    clock, start_s, end_s = clock_of(work), one.window.start_s, one.window.end_s
    if clock is None or clock.at(end_s) <= clock.at(start_s):
        return 0.0
    points = _by_work(one.signal.points, start_s, end_s, clock)
    window = shape_of(points, start_s, end_s, one.signal.noise, begin_s=start_s)
    return window.steadiness if window.shape is Shape.SUSTAINED else 0.0


def _window_by_work(signal: Signal, begin_s: float, end_s: float, clock: WorkClock) -> Window:
    """Return the window with time measured by the work done."""
    begin_s = max(begin_s, clock.t_s[0])
    window = find_window(_by_work(signal.points, begin_s, end_s, clock), begin_s, end_s, signal.noise)
    first, pace = clock.at(begin_s), _pace(begin_s, end_s, clock)
    return replace(window, start_s=clock.when(first + pace * (window.start_s - begin_s)), end_s=end_s)


def _by_work(points: Points, begin_s: float, end_s: float, clock: WorkClock) -> Points:
    """Return the points of a window, at the times that they would have if the work had been done at an even pace."""
    first, pace = clock.at(begin_s), _pace(begin_s, end_s, clock)
    inside = points.between(begin_s, end_s)
    even_s = tuple(begin_s + (clock.at(t_s) - first) / pace for t_s in inside.t_s)
    return Points(even_s, inside.values, inside.settled)


def _pace(begin_s: float, end_s: float, clock: WorkClock) -> float:
    return (clock.at(end_s) - clock.at(begin_s)) / (end_s - begin_s)


def slope_over(points: Points, start_s: float, end_s: float) -> Slope:
    """Return the slope of the floor over a window; zero if there are too few readings."""
    for count in (SLOPE_FLOORS, SLOPE_FLOORS // 2, 2):
        lows = floors(points, start_s, end_s, count)
        if lows is not None:
            return theil_sen(Points(lows.t_s, lows.values))
    return Slope(0.0, 0.0, 0.0)


def _combine(assessed: tuple[Assessment, ...]) -> tuple[Growth, Assessment | None]:
    if all(one.window.shape is Shape.UNKNOWN for one in assessed):
        return Growth.UNMEASURED, None
    growing = [one for one in assessed if one.window.shape is Shape.SUSTAINED]
    if growing:
        own = [one for one in growing if one.signal.pid]  # the sum over the tree counts only if no single process grows
        return Growth.GROWS, max(own or growing, key=_weight)
    exact = any(one.signal.exact for one in assessed)
    # If exact counters exist, resident memory that moves a little does not keep the answer open: the allocator may
    # cause it. A large rise that no counter sees does, and a steady one to the end: other code may map memory.
    open_ones = [
        one
        for one in assessed
        if (one.window.shape is not Shape.FLAT and (one.signal.exact or not exact))
        or (not one.signal.exact and (one.window.brief or _rises_unseen(one)))
    ]
    if open_ones:
        return Growth.UNDECIDED, max(open_ones, key=lambda one: one.window.growth)
    return Growth.STEADY, None


def _rises_unseen(one: Assessment) -> bool:
    """Whether resident memory that no counter explains rises by many times its noise, but not steadily.

    Memory that is at rest only because its swings are large is judged over the whole time: an allocator that copies a
    growing table frees more and more, and each later window looks like swings.
    """
    window, noise = one.window, one.signal.noise
    span_s = window.end_s - window.start_s
    if window.shape is Shape.UNSTEADY:
        return window.growth > UNSEEN_TIMES * noise.allowed(span_s)
    if window.shape is not Shape.FLAT or window.allowed <= noise.allowed(span_s):
        return False
    lows = floors(one.signal.points, one.begin_s, window.end_s, SLOPE_FLOORS)
    if lows is None:
        return False
    clear = UNSEEN_TIMES * noise.allowed(window.end_s - one.begin_s)
    return lows.values[-1] - lows.values[0] > clear and theil_sen(Points(lows.t_s, lows.values)).low > 0


def _leading_outside(
    leading: Assessment | None, assessed: tuple[Assessment, ...], explanation: Explanation | None
) -> Assessment | None:
    """The resident memory that no counter explains, if it leads although an exact counter grows too; else ``leading``.

    It leads if it grows faster than all counters together, and if the explanation found most of the growth in native
    memory. Larger blocks than usual are Python's memory, so they are subtracted.
    """
    if leading is None or not leading.signal.exact or explanation is None or leading.signal.recycled is not None:
        return leading
    native_share = sum(site.share for site in explanation.sites if site.kind is Kind.NATIVE)
    own = [one for one in assessed if one.signal.pid == leading.signal.pid]
    resident = next((one for one in own if not one.signal.exact and one.window.shape is Shape.SUSTAINED), None)
    if native_share <= NATIVE_SHARE or resident is None:
        return leading
    scale = block_scale(explanation)
    rates = {one.signal.metric: max(0.0, one.slope.per_s) for one in own if one.signal.exact}
    larger = rates.get(Metric.HEAP, 0.0) * (scale - 1.0)
    beyond = replace(
        resident,
        slope=Slope(resident.slope.per_s - larger, resident.slope.low - larger, resident.slope.high - larger),
    )
    return beyond if beyond.slope.per_s > sum(rates.values()) + larger else leading


def _weight(one: Assessment) -> float:
    # An exact counter is more reliable than resident memory, which leads only if it grows several times faster.
    return one.slope.per_s * (thresholds.IN_FORCE.signals.exact_weight if one.signal.exact else 1.0)
