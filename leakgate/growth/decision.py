"""The shape of a floor over time: whether it rises to the end, has stopped, or is not decided.

The window that is judged starts where the warm-up ends, and that is found from the data: the earliest start from
which the floor behaves alike to the end, either flat or rising steadily.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import accumulate, groupby, pairwise
from statistics import fmean, median, stdev

from leakgate.growth.floors import Floors, Points, floors
from leakgate.growth.noise import Noise
from leakgate.growth.slope import theil_sen


class Shape(StrEnum):
    """How a floor moved over a window."""

    SUSTAINED = "sustained"
    """It rose in every sub-window, to the end, and without slowing down."""
    FLAT = "flat"
    """It did not rise by more than noise."""
    SLOWING = "slowing"
    """It rises, but ever less: a cache that fills, or a warm-up that is not over."""
    UNSTEADY = "unsteady"
    """It rose, neither steadily nor by an amount that its own swings explain."""
    UNKNOWN = "unknown"
    """Too little was recorded."""


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
    """The rise that could not have been told from noise, or from the program's own swings."""
    unseen_per_s: float = 0.0
    """A rise slower than this would not have been seen: it is allowed, or floors that scatter so leave room for it."""
    fell: float = 0.0
    """How far the floor sank below where it began."""
    rested_s: float = 0.0
    """Of a sustained rise: the longest rest between two of its bursts. Who looks for less may see nothing grow."""

    @property
    def sank(self) -> bool:
        """Whether the floor sank for a while, which hides a rise beneath it."""
        return self.fell > self.allowed


MIN_SUSTAINED_S = 6.0
"""A rise that was watched for less is not called sustained."""
MIN_SHARE = 0.4
"""A floor that first did something else counts as flat, or as rising, when it was so for at least this share of the
time watched: each curve looks flat, or straight, in a window that is short enough."""
MIN_FLAT_S = 2.0
SCALES = (8, 6, 5, 4)
"""Numbers of sub-windows, fine to coarse: a leak in bursts is steady only on a scale coarser than its period."""
STEADY, PERSISTENT = 0.35, 0.6
STEADY_WHEN_SLOW, PERSISTENT_WHEN_SLOW = 0.6, 0.75
"""A slow rise must be steadier: caches of large libraries creep by a few KB/s for a minute, by fits and starts."""
PERSISTENT_WHEN_LATE = 0.8
"""A rise that was judged from a later start, because it slowed down before, must hardly slow down any more."""
JUMP, MIN_ALIKE = 8.0, 3
"""A rise of many times the median is a jump, such as a table that doubles; so many others must be alike beside it."""
CLEAR_OF_UNCERTAINTY = 3.0
DRIFT = 2.0
"""A rise is more than chance from this many standard errors on: a random walk goes as far once in forty times."""
FINE_SCALES = (16, 8)
QUIET = 0.25
"""A part of the window that rises by less than this share of the mean rise is quiet."""
FEW_BURSTS = 3
BURST = 0.4
"""Bursts of a leak are alike: each is at least this share of the largest."""
REST = 1.5
_START_STEPS = 24


def find_window(points: Points, begin_s: float, end_s: float, noise: Noise, *, fixed_start: bool = False) -> Window:
    """The judged window of ``[begin_s, end_s)``: the earliest start from which the floor is flat or rises steadily.

    ``fixed_start``: the user configured the warm-up, so only ``begin_s`` is tried. Where nothing fits, the answer
    is the longest window, whose shape is undecided.
    """
    undecided = Window(Shape.UNKNOWN, begin_s, end_s)
    falling: Window | None = None
    for start_s in _starts(begin_s, end_s, only_first=fixed_start):
        window = shape_of(points, start_s, end_s, noise, begin_s=begin_s)
        if window.shape is Shape.SUSTAINED:
            return window
        if window.shape is Shape.FLAT and window.growth < -window.allowed:
            falling = falling or window  # a backlog that is worked off hides a leak until it is gone
        elif window.shape is Shape.FLAT:
            at_rest = start_s <= begin_s or falling or _is_at_rest(window, points, begin_s)
            return window if at_rest else replace(undecided, shape=Shape.UNSTEADY)
        elif undecided.shape is Shape.UNKNOWN:
            undecided = window
    return falling or undecided


def shape_of(points: Points, start_s: float, end_s: float, noise: Noise, *, begin_s: float) -> Window:
    """The shape of the floor over exactly this window; ``begin_s`` is when one began to look."""
    span_s, watched_s = end_s - start_s, end_s - begin_s
    window = Window(Shape.UNKNOWN, start_s, end_s)
    for count in SCALES:
        lows = floors(points, start_s, end_s, count)
        if lows is None:
            continue
        window = _shape_of_floors(lows, start_s, end_s, noise)
        if window.shape is Shape.SUSTAINED and not _drifts(points, start_s, end_s, count):
            window = replace(window, shape=Shape.UNSTEADY)
        if window.shape is Shape.SUSTAINED and _goes_on(window, points, begin_s):
            return replace(window, rested_s=_longest_rest_s(_fine_floors(points, start_s, end_s), span_s))
    if window.shape is Shape.SUSTAINED:
        return replace(window, shape=Shape.UNSTEADY if span_s < MIN_SUSTAINED_S else Shape.SLOWING)
    if window.shape is Shape.FLAT and span_s < max(MIN_FLAT_S, MIN_SHARE * watched_s):
        return replace(window, shape=Shape.SLOWING)
    return window


def _drifts(points: Points, start_s: float, end_s: float, count: int) -> bool:
    """Whether floors rise by more than a random walk of the same steps would by chance.

    A few floors of memory that comes and goes line up now and then: four are in order once in 24 times, and more often
    where what was in use a moment ago still is. Floors that overlap by half tell more of how they move. The test is
    Student's, of the mean step against its error.
    """
    finer = floors(points, start_s, end_s, 2 * count)
    if finer is None:
        return True
    steps = _rises([min(pair) for pair in pairwise(finer.values)])
    return fmean(steps) * math.sqrt(len(steps)) >= DRIFT * stdev(steps)


def _goes_on(window: Window, points: Points, begin_s: float) -> bool:
    """Whether a steady rise was watched for long enough, and has not ended before the window does."""
    span_s = window.end_s - window.start_s
    lows = _fine_floors(points, window.start_s, window.end_s)
    if span_s < MIN_SUSTAINED_S or _has_paused(lows) or not _comes_in_equal_bursts(lows):
        return False
    if window.start_s <= begin_s:
        return True
    return span_s >= MIN_SHARE * (window.end_s - begin_s) and window.persistence >= PERSISTENT_WHEN_LATE


def _is_at_rest(window: Window, points: Points, begin_s: float) -> bool:
    """Whether a floor that rose before has been at rest for clearly longer than it ever was between two rises.

    A leak in bursts is at rest for most of the time. Only what stayed until the end counts as a burst, and bursts far
    smaller than the largest are the ripples of a warm-up.
    """
    late = points.between((window.start_s + window.end_s) / 2, window.end_s).values
    rises = _lasting_rises(_fine_floors(points, begin_s, window.end_s), min(late, default=math.inf))
    pauses = _pauses(rises, max(window.allowed, BURST * max(rises, default=0.0)))
    return len(pauses) < 2 or pauses[-1] > REST * max(pauses[:-1]) + 1


def _has_paused(lows: Sequence[float]) -> bool:
    """Whether a rise was quiet at the end for longer than ever before.

    Coarse sub-windows bridge the pauses of a leak in bursts; they would also bridge the end of a cache's filling.
    What comes and goes after that end is no rise: only what stayed is. Of few bursts, the rest at the end must be
    shorter than one between them was: they may have been the last.
    """
    rises = _lasting_rises(lows)
    pauses = _pauses(rises, _quiet_rise(rises))
    longest = max(pauses[1:-1], default=0)
    if longest and len(pauses) <= FEW_BURSTS + 1:
        return pauses[-1] >= longest
    return pauses[-1] > longest + 1


def _comes_in_equal_bursts(lows: Sequence[float]) -> bool:
    """Whether a rise that rests for most of the time comes in bursts of about one size, or rests more rarely.

    Steps of a pool that opens further members, or of a table, are as rare as bursts, and each has a size of its own.
    """
    rises = _rises(lows)
    quiet_rise = _quiet_rise(rises)
    bursts = [[*run] for loud, run in groupby(rises, lambda rise: rise > quiet_rise) if loud]
    if 2 * sum(map(len, bursts)) > len(rises):
        return True
    sizes = [sum(run) for run in bursts]
    return min(sizes, default=0.0) >= BURST * max(sizes, default=0.0)


def _longest_rest_s(lows: Sequence[float], span_s: float) -> float:
    rises = _rises(lows)
    pauses = _pauses(rises, _quiet_rise(rises))
    return max(pauses[1:-1], default=0) * span_s / max(1, len(lows))


def _fine_floors(points: Points, start_s: float, end_s: float) -> tuple[float, ...]:
    found = (lows for count in FINE_SCALES if (lows := floors(points, start_s, end_s, count)))
    return next((lows.values for lows in found), ())


def _rises(lows: Sequence[float]) -> list[float]:
    return [after - before for before, after in pairwise(lows)]


def _lasting_rises(lows: Sequence[float], at_end: float = math.inf) -> list[float]:
    """By how much each floor lies above the one before, as far as that stayed until the end, when it was ``at_end``."""
    return _rises([*accumulate(reversed(lows), min, initial=at_end)][:0:-1])


def _quiet_rise(rises: Sequence[float]) -> float:
    return QUIET * sum(rises) / max(1, len(rises))


def _pauses(rises: list[float], quiet_rise: float) -> list[int]:
    """How many fine sub-windows lay before the first rise, between the rises, and after the last one."""
    pauses = [0]
    for rise in rises:
        if rise > quiet_rise:
            pauses.append(0)
        else:
            pauses[-1] += 1
    return pauses


def _shape_of_floors(lows: Floors, start_s: float, end_s: float, noise: Noise) -> Window:
    rises = _rises(lows.values)
    span_s = lows.t_s[-1] - lows.t_s[0]
    growth = lows.values[-1] - lows.values[0]
    middle, weakest = median(rises), min(rises)
    half = len(rises) // 2
    early, late = fmean(rises[:half]), fmean(rises[-half:])
    steadiness = max(0.0, min(1.0, weakest / middle)) if middle > 0 else 0.0
    persistence = late / early if early > 0 else float(late > 0)
    evident = min(growth, middle * len(rises))  # one jump is no growth that goes on
    alike = sum(rise <= JUMP * middle for rise in rises) >= MIN_ALIKE
    if evident >= noise.clear_per_s * span_s:
        steady = steadiness >= STEADY and persistence >= PERSISTENT
    else:
        steady = steadiness >= STEADY_WHEN_SLOW and persistence >= PERSISTENT_WHEN_SLOW
        steady = steady and evident > noise.allowed(span_s) and _surely_faster(lows, noise.per_s)
    allowed = max(noise.allowed(span_s), CLEAR_OF_UNCERTAINTY * lows.uncertainty)
    if steady and alike:
        shape = Shape.SUSTAINED if evident > allowed else Shape.UNSTEADY
    elif growth <= allowed or min(lows.values[-half:]) - min(lows.values[: half + 1]) <= allowed:
        shape = Shape.FLAT
    elif persistence < PERSISTENT_WHEN_SLOW:
        shape = Shape.SLOWING
    else:
        shape = Shape.UNSTEADY
    return Window(
        shape,
        start_s,
        end_s,
        growth,
        steadiness,
        persistence,
        allowed,
        max(allowed / span_s, theil_sen(Points(lows.t_s, lows.values)).high),
        lows.values[0] - min(lows.values),
    )


def _surely_faster(lows: Floors, per_s: float) -> bool:
    return theil_sen(Points(lows.t_s, lows.values)).low > per_s


def _starts(begin_s: float, end_s: float, *, only_first: bool) -> Iterator[float]:
    yield begin_s
    if not only_first:
        step_s = (end_s - begin_s) / _START_STEPS
        yield from (begin_s + step_s * index for index in range(1, _START_STEPS))
