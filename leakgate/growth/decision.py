"""The shape of a floor over time: whether it rises to the end, has stopped, or is not decided.

The judged window starts where the warm-up ends. leakgate finds this point in the data: it is the earliest start from
which the floor behaves the same way to the end, either flat or rising steadily.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import accumulate, pairwise
from statistics import fmean, median

from leakgate.growth import thresholds
from leakgate.growth.floors import Floors, Points, floors
from leakgate.growth.noise import Noise
from leakgate.growth.significance import surety
from leakgate.growth.slope import theil_sen


class Shape(StrEnum):
    """How a floor moved over a window."""

    SUSTAINED = "sustained"
    """It rose in every sub-window, to the end, and without slowing down."""
    FLAT = "flat"
    """It did not rise by more than noise."""
    SLOWING = "slowing"
    """It rises more and more slowly (a cache that fills, a warm-up that is not over), or it came to rest too
    recently."""
    UNSTEADY = "unsteady"
    """It rose, but not steadily, or not clearly more than the readings swing."""
    UNKNOWN = "unknown"
    """There are too few readings."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time and the shape of the floor over it."""

    shape: Shape
    start_s: float
    end_s: float
    growth: float = 0.0
    """Rise of the floor over the window, in the quantity's unit."""
    steadiness: float = 0.0
    """The weakest sub-window's rise as a share of the median one, 0 to 1; 1 is perfectly steady."""
    persistence: float = 0.0
    """Rise in the late half as a share of that in the early half; below 1 it slows down."""
    allowed: float = 0.0
    """A rise up to this amount cannot be told from noise, or from the program's own swings."""
    unseen_per_s: float = 0.0
    """A slower rise, in units a second, would not have been seen: it is within ``allowed``, or within the interval of
    the slope."""
    fell: float = 0.0
    """How far the floor sank below its first value."""
    rested_s: float = 0.0
    """If the rise is sustained: the longest rest between two bursts, in seconds. A shorter look may see no growth."""
    surety: float = 0.0
    """If the rise is sustained: how many standard errors its mean step lies above zero."""
    unproven: bool = False
    """Whether it looks like a sustained rise, but may be chance."""
    suspected: bool = False
    """Whether this window, or a longer one, looked like a sustained rise on any scale, but may have been chance."""

    brief: bool = False
    """Whether a rise to the end of the watch was steady and sure, but too short to be called sustained."""

    @property
    def sank(self) -> bool:
        """Whether the floor sank by more than ``allowed`` for a while, which can hide a rise."""
        return self.fell > self.allowed

    def would_show(self, per_s: float) -> bool:
        """Whether a rise of ``per_s`` units a second would have exceeded ``allowed`` in this window."""
        return per_s * (self.end_s - self.start_s) > self.allowed


def find_window(points: Points, begin_s: float, end_s: float, noise: Noise, *, fixed_start: bool = False) -> Window:
    """Return the judged window of ``[begin_s, end_s)``: from the earliest start after which the floor is flat or rises.

    ``fixed_start``: the user configured the warm-up, so only ``begin_s`` is tried. If no start fits, the result is the
    longest window that falls, else the longest window, whose shape is undecided.
    """
    undecided = Window(Shape.UNKNOWN, begin_s, end_s)
    falling: Window | None = None
    suspected_per_s, suspected, brief = 0.0, False, False
    for start_s in _starts(begin_s, end_s, only_first=fixed_start):
        window = shape_of(points, start_s, end_s, noise, begin_s=begin_s)
        if window.shape is Shape.SUSTAINED:
            return window
        suspected = suspected or window.suspected
        brief = brief or window.brief
        if window.unproven:
            suspected_per_s = max(suspected_per_s, window.growth / (end_s - start_s))
        if window.shape is Shape.FLAT and window.growth < -window.allowed:
            falling = falling or window  # a shrinking backlog hides a leak until it is empty
        elif window.shape is Shape.FLAT:
            at_rest = start_s <= begin_s or falling or _is_at_rest(window, points, begin_s)
            seen = suspected_per_s == 0 or window.would_show(suspected_per_s)
            if not (at_rest and seen):
                return replace(undecided, shape=Shape.UNSTEADY)
            return replace(window, suspected=suspected)
        elif undecided.shape is Shape.UNKNOWN:
            undecided = window
    return replace(falling or undecided, brief=brief)


def shape_of(points: Points, start_s: float, end_s: float, noise: Noise, *, begin_s: float) -> Window:
    """Return the shape of the floor over exactly this window. ``begin_s``: when the watch began."""
    figures = _figures()
    span_s, watched_s = end_s - start_s, end_s - begin_s
    window, unproven, suspected, brief = Window(Shape.UNKNOWN, start_s, end_s), False, False, False
    least_s = max(figures.least_rise_s, figures.least_share * watched_s)
    fine = _fine_floors(points, start_s, end_s)
    for count in figures.scales:
        lows = floors(points, start_s, end_s, count)
        if lows is None:
            continue
        window = _shape_of_floors(lows, start_s, end_s, noise)
        if window.shape is not Shape.SUSTAINED or (brief and span_s < least_s) or _has_paused(fine):
            continue
        sure = max(surety(lows.values), surety(fine, lags=figures.lags))
        if span_s < least_s:
            brief = sure >= figures.standard_errors
            continue
        if sure >= figures.standard_errors:
            return replace(window, rested_s=_longest_rest_s(fine, span_s), surety=sure)
        suspected = True
        unproven = unproven or sure >= figures.suspected_errors
    window = replace(window, suspected=suspected, brief=brief)
    if unproven:
        return replace(window, shape=Shape.UNSTEADY, unproven=True)
    if window.shape is Shape.SUSTAINED:
        ends = span_s >= figures.least_rise_s and window.persistence < 1
        return replace(window, shape=Shape.SLOWING if ends else Shape.UNSTEADY)
    if window.shape is Shape.FLAT and span_s < figures.least_share * watched_s:
        return replace(window, shape=Shape.SLOWING)
    return window


def _is_at_rest(window: Window, points: Points, begin_s: float) -> bool:
    """Whether a floor that rose before has now been at rest for clearly longer than between any two rises.

    A leak in bursts is at rest for most of the time. Only memory that stayed until the end counts as a burst. Rises far
    smaller than the largest one are ignored: they belong to a warm-up.
    """
    late = points.between((window.start_s + window.end_s) / 2, window.end_s).values
    rises = _lasting_rises(_fine_floors(points, begin_s, window.end_s), min(late, default=math.inf))
    pauses = _pauses(rises, max(window.allowed, _figures().burst * max(rises, default=0.0)))
    return len(pauses) < 2 or pauses[-1] > _figures().rest * max(pauses[:-1]) + 1


def _has_paused(lows: Sequence[float]) -> bool:
    """Whether the floor was at rest at the end for longer than between any two rises before.

    Coarse sub-windows bridge the pauses of a leak in bursts, but also the time after a cache is full. Memory that comes
    and goes in that time is not a rise; only memory that stays counts. The rest at the end may be longer than the
    longest rest between two bursts by one fine sub-window at most, because the last burst may have been the end.
    """
    rises = _lasting_rises(lows)
    pauses = _pauses(rises, _quiet_rise(rises))
    return pauses[-1] > max(pauses[1:-1], default=0) + 1


def _longest_rest_s(lows: Sequence[float], span_s: float) -> float:
    rises = _rises(lows)
    pauses = _pauses(rises, _quiet_rise(rises))
    return max(pauses[1:-1], default=0) * span_s / max(1, len(lows))


def _fine_floors(points: Points, start_s: float, end_s: float) -> tuple[float, ...]:
    for count in _figures().fine_scales:
        lows = floors(points, start_s, end_s, count)
        if lows is not None:
            return lows.values
    return ()


def _rises(lows: Sequence[float]) -> list[float]:
    return [after - before for before, after in pairwise(lows)]


def _lasting_rises(lows: Sequence[float], at_end: float = math.inf) -> list[float]:
    """How much each floor is higher than the one before, limited to what still remains at the end (``at_end``)."""
    return _rises([*accumulate(reversed(lows), min, initial=at_end)][:0:-1])


def _quiet_rise(rises: Sequence[float]) -> float:
    return _figures().quiet * sum(rises) / max(1, len(rises))


def _pauses(rises: list[float], quiet_rise: float) -> list[int]:
    """The numbers of fine sub-windows before the first rise, between two rises, and after the last rise."""
    pauses = [0]
    for rise in rises:
        if rise > quiet_rise:
            pauses.append(0)
        else:
            pauses[-1] += 1
    return pauses


def _shape_of_floors(lows: Floors, start_s: float, end_s: float, noise: Noise) -> Window:
    figures = _figures()
    rises = _rises(lows.values)
    span_s = lows.t_s[-1] - lows.t_s[0]
    growth = lows.values[-1] - lows.values[0]
    middle, weakest = median(rises), min(rises)
    half = len(rises) // 2
    early, late = fmean(rises[:half]), fmean(rises[-half:])
    persistence = late / early if early > 0 else float(late > 0)
    evident = min(growth, middle * len(rises))  # one jump is not growth that continues
    slope = theil_sen(Points(lows.t_s, lows.values))
    allowed = max(noise.allowed(span_s), figures.clear_of_uncertainty * lows.uncertainty)
    keeps = persistence >= figures.kept_rate
    if keeps and evident > allowed:
        shape = Shape.SUSTAINED
    elif keeps and evident > noise.allowed(span_s) and surety(lows.values) >= figures.suspected_errors:
        shape = Shape.UNSTEADY  # it seems to rise, but by less than the readings swing
    elif growth <= allowed:
        shape = Shape.FLAT
    else:
        shape = Shape.UNSTEADY if keeps else Shape.SLOWING
    return Window(
        shape=shape,
        start_s=start_s,
        end_s=end_s,
        growth=growth,
        steadiness=max(0.0, min(1.0, weakest / middle)) if middle > 0 else 0.0,
        persistence=persistence,
        allowed=allowed,
        unseen_per_s=max(allowed / span_s, slope.high),
        fell=lows.values[0] - min(lows.values),
    )


def _starts(begin_s: float, end_s: float, *, only_first: bool) -> Iterator[float]:
    yield begin_s
    if not only_first:
        step_s = (end_s - begin_s) / _figures().starts
        yield from (begin_s + step_s * index for index in range(1, _figures().starts))


def _figures() -> thresholds.GrowthThresholds:
    return thresholds.IN_FORCE.growth
