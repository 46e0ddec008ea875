"""Floors: the lowest reading of each sub-window.

Garbage and transient objects can only add memory, so a floor shows the memory that stays.
"""

from bisect import bisect_left
from dataclasses import dataclass
from itertools import compress, pairwise
from statistics import median

from leakgate.model.evidence import Series

MIN_READINGS = 3
"""With fewer readings in a sub-window, its lowest reading is not a reliable floor."""
LONGEST_PAUSE_S = 1.5
"""Seconds. A shorter time without readings is not a gap: a busy machine may stop leakgate for a second."""
GAP = 8.0
"""A multiple of the usual distance of readings. A gap is longer than this too, so rare readings are not gaps."""
LINE_STEP_S = 0.2
"""Seconds between two points of the line across a gap, or the usual distance of readings if that is longer."""
LOW_OF = 5
"""Readings next to a gap whose lowest one is an end of the line."""


@dataclass(frozen=True, slots=True)
class Points:
    """Readings of one quantity in the order of time."""

    t_s: tuple[float, ...]
    values: tuple[float, ...]
    settled: tuple[bool, ...] = ()
    """For each reading, whether it was taken right after a full collection; empty if no reading was."""

    def between(self, start_s: float, end_s: float) -> "Points":
        """The readings in ``[start_s, end_s)``."""
        first, last = bisect_left(self.t_s, start_s), bisect_left(self.t_s, end_s)
        return Points(self.t_s[first:last], self.values[first:last], self.settled[first:last])

    def __len__(self) -> int:
        return len(self.values)


def merge(*series: Series, scale: float = 1.0) -> Points:
    """The readings of several series of one quantity in one series, each value multiplied by ``scale``."""
    rows = sorted(
        (t, value * scale, one.settled) for one in series for t, value in zip(one.t_s, one.values, strict=True)
    )
    times, values, settled = zip(*rows, strict=True) if rows else ((), (), ())
    return Points(times, values, settled)


def bridged(points: Points) -> Points:
    """Return the readings, with a straight line across each gap that a closer look left in the middle of a watch.

    During a look, leakgate itself changes the memory, so these readings are missing. The line leads from the lowest
    reading before the gap to the lowest one after it: it neither adds nor hides growth. A gap is many times longer than
    the usual distance of readings, so rare readings are not gaps.
    """
    if len(points) < 2 * LOW_OF:
        return points
    usual_s = median(after - before for before, after in pairwise(points.t_s))
    gaps = [
        index
        for index, (before, after) in enumerate(pairwise(points.t_s), 1)
        if after - before > max(LONGEST_PAUSE_S, GAP * usual_s)
    ]
    rows = list(zip(points.t_s, points.values, points.settled or [False] * len(points), strict=True))
    for index in reversed(gaps):
        rows[index:index] = _line(points, index, max(usual_s, LINE_STEP_S))
    return Points(*zip(*rows, strict=True)) if gaps else points


def _line(points: Points, index: int, step_s: float) -> list[tuple[float, float, bool]]:
    begin_s, end_s = points.t_s[index - 1], points.t_s[index]
    low = min(points.values[max(0, index - LOW_OF) : index])
    rise = min(points.values[index : index + LOW_OF]) - low
    count = int((end_s - begin_s) / step_s)
    shares = (step / (count + 1) for step in range(1, count + 1))
    return [(begin_s + share * (end_s - begin_s), low + share * rise, False) for share in shares]


@dataclass(frozen=True, slots=True)
class Floors:
    """The floor of each sub-window of a window."""

    t_s: tuple[float, ...]
    """Middles of the sub-windows."""
    values: tuple[float, ...]
    uncertainty: float
    """How far a floor may lie above the memory that really stays: the distance from the lowest reading to the third
    lowest, or to the second lowest reading without garbage if that is nearer; the median over the sub-windows. It is
    large if the program is rarely at rest."""


def floors(points: Points, start_s: float, end_s: float, count: int, *, least: int = MIN_READINGS) -> Floors | None:
    """The lowest reading of each of ``count`` equal sub-windows of ``[start_s, end_s)``.

    None if a sub-window holds fewer than ``least`` readings.
    """
    width_s = (end_s - start_s) / count
    edges = [start_s + width_s * index for index in range(count)] + [end_s]
    lowest: list[float] = []
    gaps: list[float] = []
    for first, last in pairwise([bisect_left(points.t_s, edge) for edge in edges]):
        values = points.values[first:last]
        few = sorted(values)[:MIN_READINGS]
        if len(few) < least:
            return None
        clean = sorted(compress(values, points.settled[first:last]))
        lowest.append(few[0])
        gaps.append(min(few[-1:] + clean[1:2]) - few[0])
    return Floors(tuple(left + width_s / 2 for left in edges[:-1]), tuple(lowest), median(gaps))
