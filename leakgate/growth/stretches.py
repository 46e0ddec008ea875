"""Stretches between two moments at which memory is comparable: the requests in them, and the growth of memory."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Final

from leakgate.growth.floors import Points
from leakgate.model.work_record import Turn, WorkRecord

MOST_STRETCHES: Final = 400
"""In a long watch, neighbours are joined: more rows would make the fit slower and not more exact."""

Mark = tuple[float, float]
"""Time in seconds, and value."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The time between two marks."""

    counts: tuple[float, ...]
    """Requests by route."""
    grew: float
    took_s: float


def between(work: WorkRecord, marks: Sequence[Mark]) -> list[Stretch]:
    """The stretches between the marks. The marks are in the order of time."""
    marks = marks[:: max(1, ceil(len(marks) / MOST_STRETCHES))]
    starts = [turn.from_s for turn in work.turns]
    return [_stretch(work, starts, before, after) for before, after in pairwise(marks) if after[0] > before[0]]


def _stretch(work: WorkRecord, starts: Sequence[float], before: Mark, after: Mark) -> Stretch:
    counts = [0.0] * len(work.routes)
    for turn in work.turns[max(0, bisect_right(starts, before[0]) - 1) : bisect_right(starts, after[0])]:
        share = _overlap(turn, before[0], after[0])
        for one in turn.counts if share else ():
            counts[one.route] += share * one.sent
    return Stretch(tuple(counts), after[1] - before[1], after[0] - before[0])


def _overlap(turn: Turn, from_s: float, to_s: float) -> float:
    """The share of a turn that lies between two times."""
    inside_s = min(turn.to_s, to_s) - max(turn.from_s, from_s)
    length_s = turn.to_s - turn.from_s
    return max(0.0, min(1.0, inside_s / length_s)) if length_s > 0 else float(from_s < turn.to_s <= to_s)


def rests_of(turns: Sequence[Turn]) -> tuple[tuple[float, float], ...]:
    """The times between two turns, in which no request waits for its answer."""
    return tuple((before.to_s, after.from_s) for before, after in pairwise(turns))


def last_in(points: Points, from_s: float, to_s: float) -> Mark | None:
    """The last reading in ``(from_s, to_s]``; None if there is none."""
    last = bisect_right(points.t_s, to_s) - 1
    return (points.t_s[last], points.values[last]) if last >= 0 and points.t_s[last] > from_s else None


def marks_at_rest(
    quantities: Sequence[Points], rests: Sequence[tuple[float, float]], start_s: float, end_s: float
) -> list[Mark]:
    """For each rest in the window, the sum of the last readings; rests in which a quantity was not read are skipped."""
    found: list[Mark] = []
    for from_s, to_s in rests:
        if start_s <= from_s and to_s <= end_s:
            readings = [last_in(points, from_s, to_s) for points in quantities]
            if all(reading is not None for reading in readings):
                found.append((to_s, sum(reading[1] for reading in readings if reading is not None)))
    return found


def marks_after_collections(quantities: Sequence[Points], start_s: float, end_s: float) -> list[Mark]:
    """The sum of all quantities right after each collection of the first process."""
    if not quantities:
        return []
    first = quantities[0]
    found: list[Mark] = []
    for t_s, collected in zip(first.t_s, first.settled, strict=False):
        if collected and start_s <= t_s <= end_s:
            values = [_at(points, t_s) for points in quantities]
            if all(value is not None for value in values):
                found.append((t_s, sum(value for value in values if value is not None)))
    return found


def _at(points: Points, t_s: float) -> float | None:
    index = bisect_right(points.t_s, t_s) - 1
    return points.values[index] if index >= 0 else None
