"""The stretches of workers that are replaced: growth between two moments of rest within their lives.

A stretch counts only if each worker that lived in it had warmed up before it and lived until its end. In the other
stretches, memory goes with a worker, or a new worker imports its program.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from leakgate.growth.floors import Points
from leakgate.growth.stretches import Stretch, between, marks_at_rest, rests_of
from leakgate.model.work_record import WorkRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeReadings:
    """One worker: when it lived, and its counters in bytes. Times are seconds since the start of the watch."""

    born_s: float
    warm_s: float
    """When its start-up and its warm-up were over."""
    died_s: float
    quantities: tuple[Points, ...]


def stretches_of_lives(work: WorkRecord, lives: Sequence[LifeReadings], end_s: float) -> list[Stretch]:
    """Return the stretches until ``end_s`` in which no worker of the role was born, warmed up or died."""
    found: list[Stretch] = []
    for before, after in pairwise(rests_of(work.turns)):
        alive = [one for one in lives if one.born_s < after[1] and before[0] < one.died_s]
        if alive and all(one.warm_s <= before[0] and after[1] <= one.died_s for one in alive):
            quantities = [points for one in alive for points in one.quantities]
            found += between(work, marks_at_rest(quantities, (before, after), 0.0, end_s))
    return found
