"""Workers that are replaced: whether each of them grows from its birth to its end.

The parent of a pool may replace its workers after a number of tasks. The memory of the pool is then flat although each
worker leaks. So growth is judged by the age of a worker, over all lives of one role together. The start-up of each
life, in which it imports its program, and its warm-up are left out. The rest must rise, in its late half as fast as in
its early half, by more than noise and chance.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import fmean, median
from typing import Final

from leakgate.growth import thresholds
from leakgate.growth.decision import Window
from leakgate.growth.floors import Points, floors, merge
from leakgate.growth.life_shape import Life, LivesShape, shape_of_lives
from leakgate.growth.noise import BYTES_PER_BLOCK
from leakgate.growth.roles import WorkerRole, roles_of
from leakgate.growth.signals import RecycledRole, Signal, is_long_lived, raw, settled
from leakgate.growth.start_up import start_up_s
from leakgate.growth.unjudged import workers_at_once
from leakgate.model.evidence import ProcessRole, ProcessTrack, TrialOk
from leakgate.model.metrics import Metric

_SOURCES: Final = ((Metric.HEAP, Metric.BLOCKS, BYTES_PER_BLOCK), (Metric.NATIVE, Metric.NATIVE, 1.0))
_POINTS_OF_LIFE: Final = 16
"""The number of points for one life in the course of the role (`_course`); floors need 24 points in total."""


@dataclass(frozen=True, slots=True)
class RoleAnswer:
    """The behaviour of the workers of one recycled role, in one counter."""

    signal: Signal
    """Its points are the course of the role: the memory that its workers would hold if none had been replaced."""
    window: Window


def recycled_roles(trial: TrialOk) -> tuple[WorkerRole, ...]:
    """Return the roles in which workers were replaced during the watch, with their short-lived workers only.

    A worker that lived for most of the watch and until its end is judged on its own.
    """
    found = []
    for role in roles_of(trial.processes):
        passing = tuple(one for one in role.tracks if one.probed and not is_long_lived(one, trial.watched_s))
        if len(passing) >= thresholds.IN_FORCE.lives.least_lives:
            found.append(WorkerRole(parent=role.parent, command=role.command, tracks=passing))
    return tuple(found)


def judge_roles(trial: TrialOk, *, warmup_s: float | None = None) -> tuple[RoleAnswer, ...]:
    """Return the answers on all recycled roles that can be judged: at most one for each counter."""
    return tuple(
        answer
        for role in recycled_roles(trial)
        for source in _SOURCES
        if (answer := _answer(role, source, trial, warmup_s)) is not None
    )


def lives_of(readings: Sequence[Points], start_ups_s: Sequence[float] = ()) -> list[Life]:
    """Return the lives of the workers that these readings come from, in the order of their start.

    ``start_ups_s``: seconds for which each of them started up, which are left out. A life with too few readings cannot
    be cut into parts. If at least half of the lives are so short, all lives are combined, several at a time, each from
    its first reading on. Otherwise the short lives are left out.
    """
    start_ups_s = start_ups_s or [0.0] * len(readings)
    lives = [_life_of(points, age_s) for points, age_s in zip(readings, start_ups_s, strict=True)]
    single = [life for life in lives if life is not None]
    return single if 2 * len(single) > len(readings) else _laid_over(readings)


def _without_newborns(tracks: Sequence[ProcessTrack], watched_s: float) -> list[ProcessTrack]:
    """Return the workers without those that are alive at the end and are much younger than the usual life."""
    alive_s = thresholds.IN_FORCE.signals.alive_share * watched_s
    ended_s = [one.last_s - one.first_s for one in tracks if one.last_s < alive_s]
    if len(ended_s) < thresholds.IN_FORCE.lives.least_lives:
        return list(tracks)
    least_s = thresholds.IN_FORCE.lives.shortest_censored * median(ended_s)
    return [one for one in tracks if one.last_s < alive_s or one.last_s - one.first_s >= least_s]


def _readings_of(track: ProcessTrack, source: Metric, scale: float, from_s: float, end_s: float) -> Points:
    plain, collected = raw(track.series, source), settled(track.series, source)
    found = [one for one in (plain, collected) if one is not None]
    return merge(*found, scale=scale).between(from_s, end_s)


def _life_of(whole: Points, start_up_s: float) -> Life | None:
    points = whole.between(whole.t_s[0] + start_up_s, math.inf)
    begin_s, last_s = points.t_s[0], points.t_s[-1]
    for parts, least in thresholds.IN_FORCE.lives.parts:
        lows = floors(points, begin_s, last_s, parts, least=least)
        if lows is not None:
            return Life(
                begin_s,
                last_s,
                lows.values,
                _collected(points),
                end_per_s=_end_per_s(points),
                start_up_s=begin_s - whole.t_s[0],
            )
    return None


def _end_per_s(points: Points) -> float | None:
    """Return the growth per second in the last tenth of a life.

    It is the difference between the lowest reading in the first half of this tenth and the lowest in its second half.
    The last reading before the tenth belongs to the first half. None if all these readings were taken at one moment.
    """
    begin_s, last_s = points.t_s[0], points.t_s[-1]
    inside = bisect_left(points.t_s, last_s - thresholds.IN_FORCE.lives.end_share * (last_s - begin_s))
    first = max(0, inside - 1)
    middle = (first + len(points) + 1) // 2
    took_s = points.t_s[middle] - points.t_s[first]
    if took_s <= 0:
        return None
    return (min(points.values[middle:]) - min(points.values[first:middle])) / took_s


def _collected(points: Points, level: float = 0.0) -> tuple[tuple[float, float, float], ...]:
    """Return the share of the life and the memory above ``level``, right before and after each full collection."""
    found: list[tuple[float, float, float]] = []
    begin_s, life_s = points.t_s[0], points.t_s[-1] - points.t_s[0]
    before = points.values[0]
    for t_s, value, is_clean in zip(points.t_s, points.values, points.settled, strict=False):
        if is_clean:
            found.append(((t_s - begin_s) / life_s, before - level, value - level))
        else:
            before = value
    return tuple(found)


def _laid_over(readings: Sequence[Points]) -> list[Life]:
    figures = thresholds.IN_FORCE.lives
    found: list[Life] = []
    together: list[Points] = []
    for points in readings:
        together.append(points)
        if sum(map(len, together)) >= figures.laid_over:
            life = _as_one(together)
            found += [life] if life is not None else []
            together = []
    return found


def _as_one(together: Sequence[Points]) -> Life | None:
    """Combine several lives by age: the mean growth since the first reading, in each part. None if a part is empty.

    Tasks are not spread evenly over such workers, so the median of few readings would jump.
    """
    begin_s, span_s = together[0].t_s[0], median(one.t_s[-1] - one.t_s[0] for one in together)
    rows = [
        (t_s - one.t_s[0], value - one.values[0])
        for one in together
        for t_s, value in zip(one.t_s, one.values, strict=True)
    ]
    parts = thresholds.IN_FORCE.lives.parts[-1][0]
    inside: list[list[float]] = [[] for _ in range(parts)]
    for age_s, value in rows:
        if age_s <= span_s:
            inside[min(parts - 1, int(parts * age_s / span_s))].append(value)
    if not all(inside):
        return None
    clean = tuple(pair for one in together for pair in _collected(one, one.values[0]))
    ends = [end for one in together if (end := _end_per_s(one)) is not None]
    end_per_s = fmean(ends) if ends else None
    return Life(begin_s, begin_s + span_s, tuple(map(fmean, inside)), clean, len(together), end_per_s)


def _answer(
    role: WorkerRole, source: tuple[Metric, Metric, float], trial: TrialOk, warmup_s: float | None
) -> RoleAnswer | None:
    metric, counter, scale = source
    from_s = thresholds.IN_FORCE.signals.startup_s if warmup_s is None else warmup_s
    tracks = _without_newborns(role.tracks, trial.watched_s)
    noise = thresholds.IN_FORCE.noise.of(metric)
    readings = [_readings_of(track, counter, scale, from_s, trial.watched_s) for track in tracks]
    readings = [points for points in readings if len(points) > 1 and points.t_s[-1] > points.t_s[0]]
    start_ups_s = [start_up_s(points, noise) for points in readings]
    lives = lives_of(readings, start_ups_s)
    found = shape_of_lives(lives, noise)
    if found is None:
        return None
    window = found.window
    signal = Signal(
        metric=metric,
        pid=role.tracks[-1].pid,
        role=ProcessRole.CHILD,
        points=_course(lives, found),
        noise=noise,
        begin_s=window.start_s,
        exact=True,
        recycled=_described(role, lives, window.growth),
    )
    return RoleAnswer(signal, window)


def _course(lives: Sequence[Life], shape: LivesShape) -> Points:
    """Return the memory that the role would have over time if no worker had been replaced.

    Each life adds its growth, evenly over its time.
    """
    rises = sorted(
        (
            life.begin_s + (index + 1) / _POINTS_OF_LIFE * (life.end_s - life.begin_s),
            life.count * shape.grew(life) / _POINTS_OF_LIFE,
        )
        for life in lives
        for index in range(_POINTS_OF_LIFE)
    )
    return Points(tuple(t_s for t_s, _ in rises), tuple(accumulate(rise for _, rise in rises)))


def _described(role: WorkerRole, lives: Sequence[Life], grew: float) -> RecycledRole:
    ages_s = [one.end_s - one.begin_s + one.start_up_s for one in lives for _ in range(one.count)]
    start_ups_s = sorted(one.start_up_s for one in lives)
    return RecycledRole(
        parent=role.parent,
        command=role.command,
        pids=tuple(track.pid for track in role.tracks),
        lives=len(ages_s),
        life_s=median(ages_s),
        pooled=all(track.pooled for track in role.tracks if track.last_s - track.first_s >= median(ages_s)),
        grew=grew,
        start_up_s=start_ups_s[3 * len(start_ups_s) // 4],
        at_once=workers_at_once(role),
    )
