"""The shape of a floor over time: whether it rises to the end, has stopped, or is not decided.

The window that is judged starts where the warm-up ends, and that is found from the data: the earliest start from
which the floor behaves alike to the end, either flat or rising steadily.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from statistics import fmean, median

from leakgate.analysis.floors import Floors, Points, floors
from leakgate.analysis.noise import Noise


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


MIN_SUSTAINED_S = 6.0
"""A rise that was watched for less is not called sustained."""
MIN_FLAT_SHARE = 0.4
"""A floor counts as flat when it was so for at least this share of the time watched."""
MIN_FLAT_S = 2.0
SCALES = (8, 6, 5, 4)
"""Numbers of sub-windows, fine to coarse: a leak in bursts is steady only on a scale coarser than its period."""
STEADY, PERSISTENT = 0.35, 0.6
STEADY_WHEN_SLOW, PERSISTENT_WHEN_SLOW = 0.6, 0.75
"""A slow rise must be steadier: caches of large libraries creep by a few KB/s for a minute, by fits and starts."""
CLEAR_OF_UNCERTAINTY = 3.0
_START_STEPS = 24


def find_window(points: Points, begin_s: float, end_s: float, noise: Noise, *, fixed_start: bool = False) -> Window:
    """The judged window of ``[begin_s, end_s)``: the earliest start from which the floor is flat or rises steadily.

    ``fixed_start``: the user configured the warm-up, so only ``begin_s`` is tried. Where nothing fits, the answer
    is the shape of the latest start that could still have been judged, which is undecided.
    """
    undecided = Window(Shape.UNKNOWN, begin_s, end_s)
    for start_s in _starts(begin_s, end_s, only_first=fixed_start):
        window = shape_of(points, start_s, end_s, noise, watched_s=end_s - begin_s)
        if window.shape in (Shape.SUSTAINED, Shape.FLAT):
            return window
        if window.shape is not Shape.UNKNOWN:
            undecided = window
    return undecided


def shape_of(points: Points, start_s: float, end_s: float, noise: Noise, *, watched_s: float) -> Window:
    """The shape of the floor over exactly this window; ``watched_s`` is how long one looked in all."""
    span_s = end_s - start_s
    best = Window(Shape.UNKNOWN, start_s, end_s)
    for count in SCALES:
        lows = floors(points, start_s, end_s, count)
        if lows is None:
            continue
        window = _shape_of_floors(lows, start_s, end_s, noise)
        if window.shape is Shape.SUSTAINED and span_s >= MIN_SUSTAINED_S:
            return window
        best = window
    if best.shape is Shape.SUSTAINED:
        return Window(Shape.UNSTEADY, start_s, end_s, best.growth, best.steadiness, best.persistence)
    if best.shape is Shape.FLAT and span_s < max(MIN_FLAT_S, MIN_FLAT_SHARE * watched_s):
        return Window(Shape.SLOWING, start_s, end_s, best.growth, best.steadiness, best.persistence)
    return best


def _shape_of_floors(lows: Floors, start_s: float, end_s: float, noise: Noise) -> Window:
    rises = [after - before for before, after in pairwise(lows.values)]
    span_s = lows.t_s[-1] - lows.t_s[0]
    growth = lows.values[-1] - lows.values[0]
    middle, weakest = median(rises), min(rises)
    half = len(rises) // 2
    early, late = fmean(rises[:half]), fmean(rises[-half:])
    steadiness = max(0.0, min(1.0, weakest / middle)) if middle > 0 else 0.0
    persistence = late / early if early > 0 else float(late > 0)
    allowed = max(noise.allowed(span_s), CLEAR_OF_UNCERTAINTY * lows.uncertainty)
    steady = steadiness >= STEADY and persistence >= PERSISTENT
    if growth < noise.clear_per_s * span_s:
        steady = steadiness >= STEADY_WHEN_SLOW and persistence >= PERSISTENT_WHEN_SLOW
    if growth <= allowed:
        shape = Shape.FLAT
    elif steady:
        shape = Shape.SUSTAINED
    elif min(lows.values[-half:]) - min(lows.values[: half + 1]) <= allowed:
        shape = Shape.FLAT
    elif persistence < PERSISTENT_WHEN_SLOW:
        shape = Shape.SLOWING
    else:
        shape = Shape.UNSTEADY
    return Window(shape, start_s, end_s, growth, steadiness, persistence)


def _starts(begin_s: float, end_s: float, *, only_first: bool) -> Iterator[float]:
    yield begin_s
    if not only_first:
        step_s = (end_s - begin_s) / _START_STEPS
        yield from (begin_s + step_s * index for index in range(1, _START_STEPS))
