"""Counts of descriptors, threads, tasks and child processes: which of them rise throughout the watch."""

from bisect import bisect_right
from itertools import pairwise
from typing import Final

from leakgate.growth.floors import Points, floors, merge
from leakgate.growth.signals import raw
from leakgate.model.evidence import TrialOk
from leakgate.model.metrics import COUNTED, METRICS, Metric, Source

PARTS: Final = (4, 3)
"""The watch is cut into this many parts (the second number if readings are rare); the floor must rise from each part to
the next."""
LEAST: Final = 3
"""The least rise from the first part to the last: a smaller one may be chance."""


def growing_counts(trial: TrialOk, start_s: float) -> tuple[Metric, ...]:
    """The counted metrics that grow from ``start_s`` on in every part of the watch."""
    return tuple(metric for metric in COUNTED if _rises(_points(trial, metric), start_s, trial.watched_s))


def _points(trial: TrialOk, metric: Metric) -> list[Points]:
    """The tree's counts; tasks are counted by the probe of each process."""
    owners = [track.series for track in trial.processes] if METRICS[metric].source is Source.PROBE else [trial.tree]
    found = [merge(series) for one in owners if (series := raw(one, metric)) is not None]
    return [_without_children(points, trial) for points in found] if metric is Metric.THREADS else found


def _without_children(threads: Points, trial: TrialOk) -> Points:
    """The threads of the tree without the first thread of each child: a new process is not a thread that piles up."""
    children = raw(trial.tree, Metric.CHILDREN)
    if children is None:
        return threads
    counted = merge(children)
    newest = (counted.values[max(0, bisect_right(counted.t_s, t_s) - 1)] for t_s in threads.t_s)
    fewer = zip(threads.values, newest, strict=True)
    return Points(threads.t_s, tuple(count - first for count, first in fewer), threads.settled)


def _rises(all_points: list[Points], start_s: float, end_s: float) -> bool:
    for points in all_points:
        lows = next(filter(None, (floors(points, start_s, end_s, parts) for parts in PARTS)), None)
        if lows is None or lows.values[-1] - lows.values[0] < LEAST:
            continue
        if all(later > earlier for earlier, later in pairwise(lows.values)):
            return True
    return False
