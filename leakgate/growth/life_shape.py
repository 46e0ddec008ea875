"""One worker from its birth to its end, and the shape of all lives of a role together.

The warm-up of each life is left out. The rest must rise in its late half as fast as in its early half, by more than
noise and chance, and until the end of the life. A start-up that takes most of a life looks like a leak, but it stops
shortly before the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from math import pi, sqrt
from statistics import fmean, median, stdev
from typing import Final

from leakgate.growth import thresholds
from leakgate.growth.decision import Shape, Window
from leakgate.growth.floors import Points
from leakgate.growth.noise import Noise
from leakgate.growth.significance import surety
from leakgate.growth.slope import theil_sen

_OF_MEDIAN: Final = 1.4826 * sqrt(pi / 2)
"""The standard error of a median, if multiplied by the median absolute deviation and divided by the root of the count:
both factors are those of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Life:
    """One worker from its first reading to its last, in one counter. Values are bytes."""

    begin_s: float
    end_s: float
    lows: tuple[float, ...]
    """The lowest reading of each part of the life; the parts are equally long. If several lives are combined: the
    mean."""
    collected: tuple[tuple[float, float, float], ...] = ()
    """For each full collection: the share of the life that was over, and the memory right before the collection and
    right after it, comparable with ``lows``."""
    count: int = 1
    """How many workers it represents: lives of a fraction of a second are combined."""
    end_per_s: float | None = None
    """The growth rate in the last tenth of the life, in bytes per second; None if not known."""
    start_up_s: float = 0.0
    """Seconds before ``begin_s`` in which the worker started up."""

    @property
    def part_s(self) -> float:
        """Seconds in each part."""
        return (self.end_s - self.begin_s) / len(self.lows)

    @property
    def warm(self) -> int:
        """The index of the first judged part after the usual warm-up."""
        return int(thresholds.IN_FORCE.lives.warmup_share * len(self.lows))

    def steps(self, later: int = 0) -> list[float]:
        """The rises from part to part after the warm-up. ``later``: parts by which the warm-up is longer."""
        return [after - before for before, after in pairwise(self.lows[self.warm + later :])]

    def collected_after(self, later: int = 0) -> list[tuple[float, float]]:
        """For each full collection after the warm-up: the growth since then, right before and right after it."""
        first = self.warm + later
        level = self.lows[first]
        return [
            (before - level, after - level)
            for share, before, after in self.collected
            if share * len(self.lows) >= first
        ]

    def grew(self, later: int = 0) -> float:
        """Bytes by which memory would grow over the whole life if the warm-up had grown at the same rate."""
        return fmean(self.steps(later)) * len(self.lows)


@dataclass(frozen=True, slots=True)
class LivesShape:
    """The shape of all lives of a role together, and how much each life counts."""

    window: Window
    later: int = 0
    """Parts by which the warm-up was longer than usual."""
    only_late: bool = False
    """Whether only the late half is at rest: before, the workers still warmed up."""

    def grew(self, life: Life) -> float:
        """Bytes by which memory would grow over a whole life at the rate that decided."""
        later = min(self.later, len(life.steps()) - 1)
        if self.only_late:
            return _half_per_s(life, later, late=True) * (life.end_s - life.begin_s)
        return life.grew(later)


def shape_of_lives(lives: Sequence[Life], noise: Noise) -> LivesShape | None:
    """Return the shape of all lives together after their warm-ups; None if there are too few lives or steps.

    A start-up may take longer than the usual warm-up, with a leak after it. So if memory does not rise evenly after the
    usual warm-up, longer warm-ups are tried. They can only show a leak, never its absence: the judged part of a life is
    then shorter, and a leak is easier to miss.
    """
    first = _shape_after(lives, noise, 0)
    if first is None or first.window.shape in (Shape.FLAT, Shape.SUSTAINED):
        return first
    least = thresholds.IN_FORCE.lives.least_late_steps
    for later in range(1, 1 + max(len(life.steps()) for life in lives) - least):
        fit = [life for life in lives if len(life.steps(later)) >= least]
        after = _shape_after(fit, noise, later)
        if after is not None and after.window.shape is Shape.SUSTAINED:
            return after
    return first


def _shape_after(lives: Sequence[Life], noise: Noise, later: int) -> LivesShape | None:
    """Return the shape after a warm-up that is longer by so many parts of each life.

    The error rate is that of `growth/decision.py`: a rise counts when its mean step exceeds zero by
    ``growth.standard_errors`` standard errors. The growth of the window is the mean growth of a life.
    """
    figures, growth = thresholds.IN_FORCE.lives, thresholds.IN_FORCE.growth
    steps = [step for life in lives for step in life.steps(later)]
    if len(lives) < figures.least_lives or len(steps) < figures.least_steps:
        return None
    span_s = fmean(len(life.steps(later)) * life.part_s for life in lives)
    grown = [sum(life.steps(later)) for life in lives]
    uncertain = stdev(grown) / sqrt(len(grown))
    allowed = max(noise.allowed(span_s), growth.clear_of_uncertainty * uncertain)
    early = fmean(_half_per_s(life, later, late=False) for life in lives)
    lates = [_half_per_s(life, later, late=True) for life in lives]
    late, unsure = fmean(lates), growth.clear_of_uncertainty * stdev(lates) / sqrt(len(lates))
    sure = surety([*accumulate(steps, initial=0.0)], lags=growth.lags)
    persistence = late / early if early > 0 else float(late > 0)
    at_rest = fmean(grown) <= allowed
    warmed_up = not at_rest and late * span_s <= allowed
    hidden = max(noise.allowed(span_s), _most_hidden([one * span_s for one in lates] if warmed_up else grown))
    if at_rest or warmed_up:
        clear = hidden <= max(figures.clear * noise.allowed(span_s), figures.clear_per_s * span_s)
        even = at_rest or (late + unsure) * span_s < fmean(grown)
        shape = Shape.FLAT if clear and even else Shape.UNSTEADY
    elif persistence < fmean(_kept_rate(life, later) for life in lives) or _ends_before_its_worker(lives, late):
        shape = Shape.SLOWING
    elif sure < growth.standard_errors:
        shape = Shape.UNSTEADY
    else:
        shape = _without_garbage(lives, later)
    weakest = min(grown) / fmean(grown) if fmean(grown) > 0 else 0.0
    window = Window(
        shape=shape,
        start_s=min(life.begin_s for life in lives),
        end_s=max(life.end_s for life in lives),
        steadiness=max(0.0, min(1.0, weakest)),
        persistence=persistence,
        allowed=allowed,
        unseen_per_s=hidden / span_s,
        surety=sure,
    )
    found = LivesShape(window, later, only_late=warmed_up and shape is Shape.FLAT)
    return replace(found, window=replace(window, growth=fmean(map(found.grew, lives))))


def _kept_rate(life: Life, later: int) -> float:
    """The share of the early rise that the late half must keep.

    After a start-up or a longer warm-up, less time passes between the two halves, and a filling cache slows down by
    less. So the late half must keep more: the same share for each second between the halves.
    """
    usual, now = (len(steps) - len(steps) // 2 for steps in (life.steps(), life.steps(later)))
    judged_s = life.end_s - life.begin_s
    share = judged_s / (judged_s + life.start_up_s)
    return float(thresholds.IN_FORCE.growth.kept_rate ** (share * now / usual))


def _ends_before_its_worker(lives: Sequence[Life], late_per_s: float) -> bool:
    """Whether the rise stops in the last tenth of the lives, as that of a start-up that takes most of a life."""
    known = [life.end_per_s for life in lives if life.end_per_s is not None]
    return bool(known) and fmean(known) < thresholds.IN_FORCE.lives.kept_at_end * late_per_s


def _most_hidden(grown: Sequence[float]) -> float:
    """The largest growth of a life, in bytes, that is still possible after these readings.

    A leak raises the growth of every life, and thus the median. A few lives may have freed what they inherited from
    their parent; the median does not depend on them. Its standard error follows from the median absolute deviation.
    """
    middle = median(grown)
    deviation = median(abs(one - middle) for one in grown)
    error = _OF_MEDIAN * deviation / sqrt(len(grown))
    return middle + thresholds.IN_FORCE.growth.clear_of_uncertainty * error


def _half_per_s(life: Life, later: int, *, late: bool) -> float:
    """The growth per second in the early or the late half of the judged parts."""
    steps = life.steps(later)
    half = max(1, len(steps) // 2)
    return fmean(steps[-half:] if late else steps[:half]) / life.part_s


def _without_garbage(lives: Sequence[Life], later: int) -> Shape:
    """Return the shape of the rise after full collections. A life may be too short for Python's own collection.

    Each collection after the warm-up meets several workers at different ages. The more a worker has grown since its
    warm-up, the more must remain. A collection also frees garbage that a forked worker inherited from its parent, but
    this amount is the same at any age.
    """
    figures = thresholds.IN_FORCE.lives
    pairs = [pair for life in lives for pair in life.collected_after(later)]
    if len(pairs) < figures.least_collections:
        return Shape.UNSTEADY
    grown, left = [one for one, _ in pairs], [one for _, one in pairs]
    if max(grown) - min(grown) >= figures.kept_by_collections * abs(fmean(grown)):
        kept = theil_sen(Points(tuple(grown), tuple(left))).per_s
    else:  # all collections ran at about the same growth
        kept = fmean(left) / fmean(grown)
    return Shape.SUSTAINED if kept >= figures.kept_by_collections else Shape.FLAT
