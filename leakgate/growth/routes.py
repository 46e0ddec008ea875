"""Which route leaks: growth between two moments of rest, assigned to the requests in between.

The load sends its routes in short turns, so that the counts differ from one stretch to the next. Memory is compared at
similar moments: when no request is waiting for its answer, or, if garbage hides the live memory, right after full
collections.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import inf, isfinite
from typing import Final

from leakgate.growth import thresholds
from leakgate.growth.assess import Growth, Judgement
from leakgate.growth.floors import Points, merge
from leakgate.growth.least_squares import Fit
from leakgate.growth.life_stretches import LifeReadings, stretches_of_lives
from leakgate.growth.noise import BYTES_PER_BLOCK
from leakgate.growth.roles import role_of, roles_of
from leakgate.growth.route_sizes import with_own_sizes
from leakgate.growth.signals import RecycledRole, raw, settled
from leakgate.growth.sizes import block_scale, block_sizes, large_share
from leakgate.growth.stretches import Stretch, between, marks_after_collections, marks_at_rest, rests_of
from leakgate.growth.students_t import T_95, T_SURE, quantile
from leakgate.growth.work import fit_routes, rate_of
from leakgate.model.evidence import ProcessTrack, TrialOk
from leakgate.model.metrics import Metric
from leakgate.model.work_record import RouteGrowth, RouteVerdict, WorkRecord, WorkUnit

SMALL_SHARE: Final = 0.1
"""A route is cleared if the upper end of its interval is less than this share of the growth."""
TURN_NOISE: Final = 2_000.0
"""Bytes that a server without a leak may gain from one rest to the next: 480 to 1,000 were seen, from free lists,
buffers, and connections that were opened again (bench/runs/routes.py)."""


def routes_of(trial: TrialOk, judgement: Judgement, *, holder_decided: bool = False) -> tuple[RouteGrowth, ...]:
    """Every route of the load with its requests and its growth. Empty if leakgate made no load.

    ``holder_decided``: whether the holder, and not the counters, showed that memory leaks.
    """
    work = trial.work
    if work is None or work.unit is WorkUnit.CALL:
        return ()
    stretches, fits = _best_fit(trial, work, judgement)
    if holder_decided:
        judgement = replace(judgement, growth=Growth.GROWS)
    routes = tuple(_route(index, work, judgement, stretches, fits) for index in range(len(work.routes)))
    return with_own_sizes(routes, trial, work, judgement)


def _best_fit(trial: TrialOk, work: WorkRecord, judgement: Judgement) -> tuple[Sequence[Stretch], tuple[Fit, ...]]:
    """Return the stretches that leave less growth unassigned: those between rests, or those between collections."""
    found = [(stretches, fit_routes(stretches, len(work.routes))) for stretches in _stretches(trial, work, judgement)]
    return min(found, key=lambda one: _open_bytes(*one), default=((), ()))


def _open_bytes(stretches: Sequence[Stretch], fits: tuple[Fit, ...]) -> float:
    """Return the growth that the fit cannot assign to one route, in bytes per second; infinite without a fit."""
    if not fits:
        return inf
    took_s = sum(stretch.took_s for stretch in stretches)
    return sum(one.error * sum(stretch.counts[at] for stretch in stretches) for at, one in enumerate(fits)) / took_s


def _route(
    index: int, work: WorkRecord, judgement: Judgement, stretches: Sequence[Stretch], fits: tuple[Fit, ...]
) -> RouteGrowth:
    counts = [one for turn in work.turns for one in turn.counts if one.route == index]
    free = len(stretches) - len(fits)
    growth = rate_of(fits[index], free) if fits and isfinite(fits[index].error) else None
    return RouteGrowth(
        route=work.routes[index],
        sent=sum(one.sent for one in counts),
        expected=sum(one.expected for one in counts),
        growth=growth,
        verdict=_verdict(index, judgement, stretches, fits),
    )


def _verdict(index: int, judgement: Judgement, stretches: Sequence[Stretch], fits: tuple[Fit, ...]) -> RouteVerdict:
    if judgement.growth is Growth.STEADY:
        return RouteVerdict.UNSURE if judgement.misses_workers else RouteVerdict.OK
    if judgement.growth is not Growth.GROWS or not fits or not isfinite(fits[index].error):
        return RouteVerdict.UNSURE
    one, free = fits[index], len(stretches) - len(fits)
    sent = sum(stretch.counts[index] for stretch in stretches)
    whole = sum(stretch.grew for stretch in stretches)
    noise = _noise(index, stretches) / sent if sent else 0.0
    if one.value > noise and one.value - quantile(T_SURE, free) * one.error > 0:
        return RouteVerdict.LEAK
    high = one.value + quantile(T_95, free) * one.error
    return RouteVerdict.OK if high * sent < max(2 * noise * sent, SMALL_SHARE * whole) else RouteVerdict.UNSURE


def _noise(index: int, stretches: Sequence[Stretch]) -> float:
    """Return the bytes by which noise may raise memory while this route was requested."""
    took_s = sum(
        stretch.took_s * stretch.counts[index] / total for stretch in stretches if (total := sum(stretch.counts))
    )
    turns = sum(stretch.counts[index] > 0 for stretch in stretches)
    return max(thresholds.IN_FORCE.noise.heap.per_s * took_s, TURN_NOISE * turns)


def _stretches(trial: TrialOk, work: WorkRecord, judgement: Judgement) -> Iterator[list[Stretch]]:
    """The growth of the judged processes, cut at moments of rest, and cut at collections."""
    factors = _factors(trial)
    replaced = {one.signal.recycled.pids: one.signal.recycled for one in judgement.assessments if one.signal.recycled}
    if replaced:
        lives = [life for role in replaced.values() for life in _lives(trial, role, factors)]
        yield stretches_of_lives(work, lives, judgement.end_s)
        return
    pids = {one.signal.pid for one in judgement.assessments if one.signal.pid}
    tracks = [track for track in trial.processes if track.pid in pids]
    quantities = [points for track in tracks for points in _quantities(track, factors)]
    if quantities:
        start_s, end_s = judgement.warmup_s, judgement.end_s
        yield between(work, marks_at_rest(quantities, rests_of(work.turns), start_s, end_s))
        yield between(work, marks_after_collections(quantities, start_s, end_s))


def _lives(trial: TrialOk, replaced: RecycledRole, factors: tuple[tuple[Metric, float], ...]) -> Iterator[LifeReadings]:
    """Return the replaced workers of a role, and those that were young, or stayed, when the watch ended."""
    role = role_of(replaced.pids[0], roles_of(trial.processes))
    warmup_share = thresholds.IN_FORCE.lives.warmup_share
    for track in role.tracks if role is not None else ():
        yield LifeReadings(
            born_s=track.first_s,
            warm_s=track.first_s + replaced.start_up_s + warmup_share * replaced.work_s,
            died_s=track.last_s,
            quantities=tuple(_quantities(track, factors)),
        )


def _factors(trial: TrialOk) -> tuple[tuple[Metric, float], ...]:
    """Return for each counter the bytes of one unit.

    The counter of blocks also counts large blocks, whose bytes the C allocator counts. So if both kinds grow, the
    number of large blocks is subtracted from the counter: it is Python's part of native growth divided by the mean size
    of a large block.
    """
    sizes, share = block_sizes(trial.explanation), large_share(trial)
    if sizes is None or share is None:
        return (Metric.BLOCKS, BYTES_PER_BLOCK * block_scale(trial.explanation)), (Metric.NATIVE, 1.0)
    return (Metric.BLOCKS, sizes.small), (Metric.NATIVE, 1.0 - share * sizes.small / sizes.large)


def _quantities(track: ProcessTrack, factors: tuple[tuple[Metric, float], ...]) -> list[Points]:
    """The counters of a process in bytes, with the readings after collections merged into the others."""
    found = []
    for metric, factor in factors:
        series = [one for one in (raw(track.series, metric), settled(track.series, metric)) if one is not None]
        if series:
            found.append(merge(*series, scale=factor))
    return found
