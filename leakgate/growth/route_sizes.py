"""The bytes per request of several routes that leak blocks of different sizes.

The counter of blocks has no sizes. One mean size for all blocks is right for their sum, but too large for one route and
too small for another one. Resident memory has the bytes of each route, but also noise: so it decides only between the
smallest and the largest size of a block that was traced.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from typing import Final

from leakgate.growth.assess import Judgement
from leakgate.growth.floors import Points, merge
from leakgate.growth.signals import raw
from leakgate.growth.sizes import block_sizes, large_share, small_sizes
from leakgate.growth.stretches import between, marks_at_rest, rests_of
from leakgate.growth.work import fit_routes, rate_of
from leakgate.model.evidence import ProcessTrack, TrialOk
from leakgate.model.metrics import Metric
from leakgate.model.work_record import IterationRate, RouteGrowth, RouteVerdict, WorkRecord

DIFFERS: Final = 1.1
"""Block sizes count as different if the largest is more than this many times the smallest. Below it, the mean size is
right within 10 %, which is accurate enough for a route."""


def with_own_sizes(
    routes: tuple[RouteGrowth, ...], trial: TrialOk, work: WorkRecord, judgement: Judgement
) -> tuple[RouteGrowth, ...]:
    """Return the routes; if several leak blocks of different sizes, each with the bytes of its own blocks.

    Routes of workers that are replaced keep the mean size, because resident memory of a short life is too inexact for
    this.
    """
    if any(one.signal.recycled is not None for one in judgement.assessments):
        return routes
    sizes = small_sizes(trial.explanation)
    leaking = [at for at, one in enumerate(routes) if one.verdict is RouteVerdict.LEAK and one.growth is not None]
    if len(leaking) < 2 or sizes is None or max(sizes) <= DIFFERS * min(sizes):
        return routes
    blocks = _rates((Metric.BLOCKS,), trial, work, judgement)
    native = _rates((Metric.NATIVE,), trial, work, judgement)
    if not blocks:
        return routes
    resident = _rates((Metric.ANON, Metric.RSS), trial, work, judgement)
    large_each = _large_blocks_each(trial)
    found = list(routes)
    for at in leaking:
        allocated = native[at].estimate if native else 0.0
        small = max(0.0, blocks[at].estimate - large_each * max(0.0, allocated))
        least, most = small * min(sizes) + allocated, small * max(sizes) + allocated
        found[at] = replace(
            found[at], growth=_between(least, most, found[at].growth, resident[at] if resident else None)
        )
    return tuple(found)


def _between(
    least: float, most: float, usual: IterationRate | None, resident: IterationRate | None
) -> IterationRate | None:
    """Return the resident growth within the limits.

    If it is not known, return the usual figure, with both limits as its interval.
    """
    if resident is None or not isfinite(resident.high):
        return usual and IterationRate(usual.estimate, min(usual.low, least), max(usual.high, most))
    low, estimate, high = (min(max(one, least), most) for one in (resident.low, resident.estimate, resident.high))
    return IterationRate(estimate, low, high)


def _large_blocks_each(trial: TrialOk) -> float:
    """Return the number of large Python blocks per byte of the C allocator."""
    sizes, share = block_sizes(trial.explanation), large_share(trial)
    return 0.0 if sizes is None or share is None else share / sizes.large


def _rates(
    metrics: Sequence[Metric], trial: TrialOk, work: WorkRecord, judgement: Judgement
) -> tuple[IterationRate, ...]:
    """Return by route the growth per request of the first of these counters that every judged process has.

    Empty if there is no such counter, or no fit.
    """
    pids = {one.signal.pid for one in judgement.assessments if one.signal.pid}
    tracks = [track for track in trial.processes if track.pid in pids]
    points = [one for track in tracks if (one := _points(track, metrics)) is not None]
    if not points or len(points) < len(tracks):
        return ()
    stretches = between(work, marks_at_rest(points, rests_of(work.turns), judgement.warmup_s, judgement.end_s))
    fits = fit_routes(stretches, len(work.routes))
    return tuple(rate_of(one, len(stretches) - len(fits)) for one in fits)


def _points(track: ProcessTrack, metrics: Sequence[Metric]) -> Points | None:
    found = next((one for metric in metrics if (one := raw(track.series, metric)) is not None), None)
    return merge(found) if found is not None else None
