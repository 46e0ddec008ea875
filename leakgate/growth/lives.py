"""Workers that are replaced: whether each of them grows from its birth to its end.

The parent of a pool may replace its workers after a number of tasks. The memory of the pool is then flat although each
worker leaks. So growth is judged by the age of a worker, over all lives of one role together. The warm-up of each life
is left out. The rest must rise, in its late half as in its early half, beyond noise and beyond chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import pi, sqrt
from statistics import fmean, median, stdev
from typing import Final

from leakgate.growth import thresholds
from leakgate.growth.decision import Shape, Window
from leakgate.growth.floors import Points, floors, merge
from leakgate.growth.noise import BYTES_PER_BLOCK, Noise
from leakgate.growth.roles import WorkerRole, roles_of
from leakgate.growth.signals import RecycledRole, Signal, is_long_lived, raw, settled
from leakgate.growth.significance import surety
from leakgate.growth.slope import theil_sen
from leakgate.model.evidence import ProcessRole, ProcessTrack, TrialOk
from leakgate.model.metrics import Metric

_SOURCES: Final = ((Metric.HEAP, Metric.BLOCKS, BYTES_PER_BLOCK), (Metric.NATIVE, Metric.NATIVE, 1.0))
_OF_MEDIAN: Final = 1.4826 * sqrt(pi / 2)
"""The standard error of a median, if multiplied by the median absolute deviation and divided by the root of the count:
both factors are those of a normal distribution."""
_POINTS_OF_LIFE: Final = 16
"""Points that represent one life in the course of the role (`_course`); floors need 24 points in all."""


@dataclass(frozen=True, slots=True)
class Life:
    """One worker from its first reading to its last, in one counter. Values are bytes."""

    begin_s: float
    end_s: float
    lows: tuple[float, ...]
    """The lowest reading of each part of the life; the parts are equally long. If several lives are combined: the
    mean."""
    collected: tuple[tuple[float, float], ...] = ()
    """For each full collection: growth since the first reading, right before the collection and right after it."""
    count: int = 1
    """How many workers it represents: lives of a fraction of a second are combined."""

    @property
    def part_s(self) -> float:
        """Seconds in each part."""
        return (self.end_s - self.begin_s) / len(self.lows)

    @property
    def warm(self) -> int:
        """The index of the first judged part: the parts before are the warm-up of this life."""
        return int(thresholds.IN_FORCE.lives.warmup_share * len(self.lows))

    @property
    def steps(self) -> list[float]:
        """The rises from part to part after the warm-up."""
        return [after - before for before, after in pairwise(self.lows[self.warm :])]

    @property
    def per_s(self) -> float:
        """Bytes a second by which memory grows after the warm-up."""
        steps = self.steps
        return sum(steps) / (len(steps) * self.part_s)

    @property
    def grew(self) -> float:
        """Bytes by which memory would grow over the whole life if the warm-up had grown at the same rate."""
        return self.per_s * (self.end_s - self.begin_s)


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


def judge_roles(
    trial: TrialOk, *, warmup_s: float | None = None
) -> tuple[tuple[RoleAnswer, ...], tuple[RecycledRole, ...]]:
    """Return the answers on all recycled roles, and the roles that ran for much of the watch without an answer."""
    answers: list[RoleAnswer] = []
    unseen: list[RecycledRole] = []
    for role in recycled_roles(trial):
        found = [one for source in _SOURCES if (one := _answer(role, source, trial, warmup_s)) is not None]
        answers += found
        if not found and _occupied_s(role) >= thresholds.IN_FORCE.signals.long_lived_share * trial.watched_s:
            unseen.append(_described(role, [one.last_s - one.first_s for one in role.tracks], 0.0))
    return tuple(answers), tuple(unseen)


def lives_of(readings: Sequence[Points]) -> list[Life]:
    """Return the lives of the workers that these readings come from, in the order of their start.

    A life with too few readings cannot be cut into parts. If at least half of the lives are so short, all lives are
    combined, several at a time, each from its first reading on. Otherwise the short lives are left out.
    """
    single = [life for points in readings if (life := _life_of(points)) is not None]
    return single if 2 * len(single) > len(readings) else _laid_over(readings)


def _without_newborns(tracks: Sequence[ProcessTrack], watched_s: float) -> list[ProcessTrack]:
    """Return the workers without those that are alive at the end and much younger than the others became."""
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


def _life_of(points: Points) -> Life | None:
    begin_s, last_s = points.t_s[0], points.t_s[-1]
    for parts, least in thresholds.IN_FORCE.lives.parts:
        lows = floors(points, begin_s, last_s, parts, least=least)
        if lows is not None:
            return Life(begin_s, last_s, lows.values, _collected(points))
    return None


def _collected(points: Points) -> tuple[tuple[float, float], ...]:
    found: list[tuple[float, float]] = []
    before = points.values[0]
    for value, is_clean in zip(points.values, points.settled, strict=False):
        if is_clean:
            found.append((before - points.values[0], value - points.values[0]))
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
    clean = tuple(pair for one in together for pair in _collected(one))
    return Life(begin_s, begin_s + span_s, tuple(map(fmean, inside)), clean, count=len(together))


def shape_of_lives(lives: Sequence[Life], noise: Noise) -> Window | None:
    """Return the shape of all lives together after their warm-ups; None if there are too few lives or steps.

    The error rate is that of `growth/decision.py`: a rise counts when its mean step exceeds zero by
    ``growth.standard_errors`` standard errors. The growth of the window is the mean growth of a life.
    """
    figures, growth = thresholds.IN_FORCE.lives, thresholds.IN_FORCE.growth
    steps = [step for life in lives for step in life.steps]
    if len(lives) < figures.least_lives or len(steps) < figures.least_steps:
        return None
    span_s = fmean(len(life.steps) * life.part_s for life in lives)
    grown = [sum(life.steps) for life in lives]
    uncertain = stdev(grown) / sqrt(len(grown))
    allowed = max(noise.allowed(span_s), growth.clear_of_uncertainty * uncertain)
    early = fmean(_share_of(life, late=False) for life in lives)
    lates = [_share_of(life, late=True) for life in lives]
    late, unsure = fmean(lates), growth.clear_of_uncertainty * stdev(lates) / sqrt(len(lates))
    sure = surety([*accumulate(steps, initial=0.0)], lags=growth.lags)
    persistence = late / early if early > 0 else float(late > 0)
    at_rest = fmean(grown) <= allowed
    warmed_up = not at_rest and late * span_s <= allowed
    hidden = max(noise.allowed(span_s), _most_hidden([one * span_s for one in lates] if warmed_up else grown))
    if at_rest or warmed_up:
        clear = hidden <= figures.clear * noise.allowed(span_s)
        even = at_rest or (late + unsure) * span_s < fmean(grown)
        shape = Shape.FLAT if clear and even else Shape.UNSTEADY
    elif persistence < growth.kept_rate:
        shape = Shape.SLOWING
    elif sure < growth.standard_errors:
        shape = Shape.UNSTEADY
    else:
        shape = _without_garbage(lives)
    weakest = min(grown) / fmean(grown) if fmean(grown) > 0 else 0.0
    return Window(
        shape=shape,
        start_s=min(life.begin_s for life in lives),
        end_s=max(life.end_s for life in lives),
        growth=fmean(life.grew for life in lives),
        steadiness=max(0.0, min(1.0, weakest)),
        persistence=persistence,
        allowed=allowed,
        unseen_per_s=hidden / span_s,
        surety=sure,
    )


def _most_hidden(grown: Sequence[float]) -> float:
    """The largest growth of each life that the growth seen does not exclude, in bytes.

    A leak raises the growth of every life, and thus the median. A few lives may have freed what they inherited from
    their parent; the median does not depend on them. Its standard error follows from the median absolute deviation.
    """
    middle = median(grown)
    deviation = median(abs(one - middle) for one in grown)
    error = _OF_MEDIAN * deviation / sqrt(len(grown))
    return middle + thresholds.IN_FORCE.growth.clear_of_uncertainty * error


def _share_of(life: Life, *, late: bool) -> float:
    """Growth a second in the early or the late half of the parts that are judged."""
    steps = life.steps
    half = max(1, len(steps) // 2)
    return fmean(steps[-half:] if late else steps[:half]) / life.part_s


def _without_garbage(lives: Sequence[Life]) -> Shape:
    """Return the shape of the rise after full collections. A life may be too short for Python's own collection.

    Each collection meets several workers at different ages. The more a worker has grown, the more must remain. A
    collection also frees garbage that a forked worker inherited from its parent, but this amount is the same at any
    age.
    """
    figures = thresholds.IN_FORCE.lives
    pairs = [pair for life in lives for pair in life.collected]
    if len(pairs) < figures.least_collections:
        return Shape.UNSTEADY
    grown, left = [one for one, _ in pairs], [one for _, one in pairs]
    if max(grown) - min(grown) >= figures.kept_by_collections * abs(fmean(grown)):
        kept = theil_sen(Points(tuple(grown), tuple(left))).per_s
    else:  # all collections came at about the same growth
        kept = fmean(left) / fmean(grown)
    return Shape.SUSTAINED if kept >= figures.kept_by_collections else Shape.FLAT


def _answer(
    role: WorkerRole, source: tuple[Metric, Metric, float], trial: TrialOk, warmup_s: float | None
) -> RoleAnswer | None:
    metric, counter, scale = source
    from_s = thresholds.IN_FORCE.signals.startup_s if warmup_s is None else warmup_s
    tracks = _without_newborns(role.tracks, trial.watched_s)
    readings = [_readings_of(track, counter, scale, from_s, trial.watched_s) for track in tracks]
    lives = lives_of([points for points in readings if len(points) > 1 and points.t_s[-1] > points.t_s[0]])
    noise = thresholds.IN_FORCE.noise.of(metric)
    window = shape_of_lives(lives, noise)
    if window is None:
        return None
    signal = Signal(
        metric=metric,
        pid=role.tracks[-1].pid,
        role=ProcessRole.CHILD,
        points=_course(lives),
        noise=noise,
        begin_s=window.start_s,
        exact=True,
        recycled=_described(role, [one.end_s - one.begin_s for one in lives for _ in range(one.count)], window.growth),
    )
    return RoleAnswer(signal, window)


def _course(lives: Sequence[Life]) -> Points:
    """The memory of the role over time if no worker had been replaced: each life adds its growth, evenly over time."""
    rises = sorted(
        (
            life.begin_s + (index + 1) / _POINTS_OF_LIFE * (life.end_s - life.begin_s),
            life.count * life.grew / _POINTS_OF_LIFE,
        )
        for life in lives
        for index in range(_POINTS_OF_LIFE)
    )
    return Points(tuple(t_s for t_s, _ in rises), tuple(accumulate(rise for _, rise in rises)))


def _described(role: WorkerRole, ages_s: Sequence[float], grew: float) -> RecycledRole:
    return RecycledRole(
        parent=role.parent,
        command=role.command,
        pids=tuple(track.pid for track in role.tracks),
        lives=len(ages_s),
        life_s=median(ages_s),
        pooled=all(track.pooled for track in role.tracks if track.last_s - track.first_s >= median(ages_s)),
        grew=grew,
    )


def _occupied_s(role: WorkerRole) -> float:
    """Seconds in which at least one worker of the role was seen."""
    total = until_s = 0.0
    for track in role.tracks:
        total += max(0.0, track.last_s - max(until_s, track.first_s))
        until_s = max(until_s, track.last_s)
    return total
