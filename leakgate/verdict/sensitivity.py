"""The slowest leak that a watch would have found, in the process where leaks are hardest to see."""

import math
from dataclasses import dataclass
from typing import Final

from leakgate.growth.assess import Assessment, Judgement
from leakgate.growth.noise import BYTES_PER_BLOCK
from leakgate.growth.work import clock_of
from leakgate.model.evidence import ProcessRole, TrialOk
from leakgate.model.metrics import Metric
from leakgate.model.units import format_count, format_duration, format_each, format_rate, format_size
from leakgate.model.work_record import WorkUnit, unit_of

FINE_EACH: Final = 200.0
"""Bytes that each request or call keeps: a leak of this size must be found, whatever the rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """The rate that "no leak above" states, with the reason if it is coarse."""

    per_s: float
    """Bytes per second: a faster leak would have shown."""
    why: str = ""
    """Why the sensitivity is coarse, and what would improve it; empty if it is not coarse."""

    each: float = 0.0
    """The least bytes that each request or call must keep for the leak to show, if each keeps the same; 0 if they were
    not counted."""
    unit: WorkUnit = WorkUnit.REQUEST
    objects_per_s: float = 0.0
    """The same for Python objects, which are counted and not weighed: more objects a second would have shown. Its bytes
    are in `per_s`, at the usual size of an object; fewer and larger objects may be missed. 0 if none were counted."""

    @property
    def text(self) -> str:
        """For a sentence: ``2.9 KB/s (Python objects: 36/s)``, ``12 B/request (2.9 KB/s; Python objects: 36/s)``.

        The reason is in the brackets too.
        """
        rate = format_rate(self.per_s).lstrip("+")
        objects = f"Python objects: {format_count(math.ceil(self.objects_per_s))}/s" if self.objects_per_s else ""
        notes = [rate, objects, self.why] if self.each else [objects, self.why]
        in_brackets = "; ".join(filter(None, notes))
        main = f"{format_each(self.each).lstrip('+')}/{self.unit}" if self.each else rate
        return f"{main} ({in_brackets})" if in_brackets else main


def sensitivity_of(judgement: Judgement, trial: TrialOk) -> Sensitivity:
    """Return the worst sensitivity of all processes that were judged on their own.

    If a process has both exact counters, only these count; else its resident memory counts, too. The sum over all
    processes counts only if no process was judged on its own.
    """
    own = [one for one in judgement.assessments if one.signal.pid] or list(judgement.assessments)
    judged = [one for one in own if one.signal.exact or not _is_counted(one.signal.pid, own)]
    if not judged:
        return Sensitivity(per_s=0.0)
    worst = max(judged, key=lambda one: one.window.unseen_per_s)
    counted = [one.window.unseen_per_s for one in judged if one.signal.metric is Metric.HEAP]
    return Sensitivity(
        per_s=worst.window.unseen_per_s,
        why=_why(worst, trial) if worst.is_coarse else "",
        each=_each(judged, worst, trial),
        unit=unit_of(trial.work),
        objects_per_s=max(counted, default=0.0) / BYTES_PER_BLOCK,
    )


def coarse_role(judgement: Judgement, trial: TrialOk) -> Assessment | None:
    """The recycled role at rest in which a leak that matters would not have shown; None if there is none.

    If requests or calls were counted, a leak that is small for each of them does not matter.
    """
    found = [one for one in judgement.assessments if one.hides_much]
    worst = max(found, key=lambda one: one.window.unseen_per_s, default=None)
    each = _each([worst], worst, trial) if worst is not None else 0.0
    return None if 0 < each <= FINE_EACH else worst


def _each(judged: list[Assessment], worst: Assessment, trial: TrialOk) -> float:
    """Return the sensitivity for each request or call; 0 if they were not counted.

    How the requests are spread over the processes is not known. But a leak in each request shows as soon as one process
    grows by more than its own limit. So it is found at the latest if it exceeds the limits of all processes together.
    """
    clock = clock_of(trial.work)
    start_s, end_s = worst.window.start_s, worst.window.end_s
    done = clock.at(end_s) - clock.at(start_s) if clock is not None else 0.0
    if done <= 0:
        return 0.0
    limits: dict[int, float] = {}
    for one in judged:
        alike = one.signal.recycled.at_once if one.signal.recycled is not None else 1.0
        limits[one.signal.pid] = max(limits.get(one.signal.pid, 0.0), alike * one.window.unseen_per_s)
    return sum(limits.values()) * (end_s - start_s) / done


def _is_counted(pid: int, own: list[Assessment]) -> bool:
    return {Metric.HEAP, Metric.NATIVE} <= {one.signal.metric for one in own if one.signal.pid == pid}


def _why(worst: Assessment, trial: TrialOk) -> str:
    if worst.signal.recycled is not None:
        life_s = worst.signal.recycled.life_s
        return (
            f"workers are replaced after {format_duration(life_s)}, and less than "
            f"{format_size(worst.window.unseen_per_s * life_s)} in a life is not seen; longer lives show slower leaks"
        )
    if worst.signal.exact:
        return "its memory rises and falls in large swings; a longer `duration` shows slower leaks"
    track = next((one for one in trial.processes if one.pid == worst.signal.pid), None)
    if track is not None and track.probed:
        reason = "some of its memory shows only in resident memory"
    else:
        reason = "no probe runs in it, so only its resident memory is seen"
    main = track is None or track.role is ProcessRole.MAIN
    where = "the script: " if main else f"child process {worst.signal.pid}: "
    return f"{where}{reason}; a longer `duration` shows slower leaks"
