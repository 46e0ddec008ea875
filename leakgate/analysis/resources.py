"""Descriptors, threads, tasks and child processes that pile up: which do, and who makes them."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Final

from leakgate.analysis.floors import Points, floors, merge
from leakgate.analysis.holders import FrameNamer
from leakgate.analysis.judgement import judge_growth
from leakgate.analysis.signals import raw
from leakgate.model.evidence import Explanation, Frame, ResourceGrowth, TrialOk
from leakgate.model.explain_raw import RawExplanation
from leakgate.model.metrics import Metric
from leakgate.model.report import Trend
from leakgate.model.step import Conclude, ExplainPlan, Step
from leakgate.model.target import TargetSpec
from leakgate.ports import Pacer

COUNTED: Final = (Metric.FDS, Metric.THREADS, Metric.TASKS, Metric.CHILDREN)
PARTS: Final = (4, 3)
"""The floor must rise from each of so many parts of the watch to the next; fewer where it was read too rarely."""
LEAST: Final = 3
"""Fewer more than at the start may be chance."""
WINDOW_S: Final = 5.0
MAX_RESOURCES: Final = 20

Blamer = Callable[[tuple[Frame, ...]], int]


def growing_counts(trial: TrialOk, start_s: float) -> tuple[Metric, ...]:
    """The counted metrics of which there are ever more from ``start_s`` on, in every part of the watch."""
    return tuple(metric for metric in COUNTED if _rises(_points(trial, metric), start_s, trial.watched_s))


def _points(trial: TrialOk, metric: Metric) -> list[Points]:
    """The tree's counts; tasks are counted by the probe of each process."""
    owners = [track.series for track in trial.processes] if metric is Metric.TASKS else [trial.tree]
    return [merge(series) for one in owners if (series := raw(one, metric)) is not None]


def _rises(all_points: list[Points], start_s: float, end_s: float) -> bool:
    for points in all_points:
        lows = next(filter(None, (floors(points, start_s, end_s, parts) for parts in PARTS)), None)
        if lows is None or lows.values[-1] - lows.values[0] < LEAST:
            continue
        if all(later > earlier for earlier, later in pairwise(lows.values)):
            return True
    return False


def resources_of(answers: Iterable[RawExplanation], frames: FrameNamer, blame: Blamer) -> tuple[ResourceGrowth, ...]:
    """What all processes made and kept while they were looked at, by kind and by the line to blame; most first."""
    found: dict[tuple[str, str, object], ResourceGrowth] = {}
    for row in (row for raw_answer in answers for row in raw_answer.resources if row.metric in COUNTED):
        stack = frames(row.frames) if row.frames else ()
        index = blame(stack) if stack else 0
        key = row.metric, row.what, (stack[index].file, stack[index].line) if stack else None
        per_min = 60.0 * row.count / row.watched_s if row.watched_s > 0 else 0.0
        known = found.get(key)
        if known is None:
            found[key] = ResourceGrowth(
                metric=Metric(row.metric),
                what=row.what,
                grew_count=row.count,
                per_min=per_min,
                frames=stack,
                blame=index,
            )
        else:
            found[key] = replace(known, grew_count=known.grew_count + row.count, per_min=known.per_min + per_min)
    return tuple(sorted(found.values(), key=lambda one: (COUNTED.index(one.metric), -one.grew_count))[:MAX_RESOURCES])


def resources_that_grow(
    explanation: Explanation | None, trends: Iterable[Trend], metrics: Iterable[Metric]
) -> tuple[ResourceGrowth, ...]:
    """What piles up of these metrics, at the rates of the watch: tracing slows a program down.

    Where nothing was seen being made, what the counter says is all that is known.
    """
    by_metric = {trend.metric: trend for trend in trends}
    found: list[ResourceGrowth] = []
    for metric in metrics:
        trend = by_metric.get(metric)
        if trend is None:
            continue
        per_min = 60.0 * trend.per_s
        rows = [one for one in explanation.resources if one.metric is metric] if explanation is not None else []
        total = sum(row.grew_count for row in rows)
        if total > 0:
            found += [replace(row, per_min=per_min * row.grew_count / total) for row in rows]
        else:
            found.append(ResourceGrowth(metric=metric, what="", grew_count=round(trend.growth), per_min=per_min))
    return tuple(found)


class ResourcePacer:
    """The pacing of memory, mindful of resources too: where they pile up, who makes them is looked for at the end."""

    def __init__(self, pacer: Pacer, target: TargetSpec) -> None:
        self._pacer = pacer
        self._target = target

    def next_step(self, so_far: TrialOk) -> Step:
        """What to do now."""
        step = self._pacer.next_step(so_far)
        if isinstance(step, Conclude):
            return replace(step, explain=self._with_resources(step.explain, so_far))
        return step

    def last_look(self, so_far: TrialOk) -> ExplainPlan | None:
        """What to explain when the user ends the watch now; None: nothing."""
        return self._with_resources(self._pacer.last_look(so_far), so_far)

    def confirms(self, explanation: Explanation | None) -> bool:
        """As the pacing of memory says."""
        return self._pacer.confirms(explanation)

    def agrees(self, explanation: Explanation | None) -> bool:
        """As the pacing of memory says."""
        return self._pacer.agrees(explanation)

    def _with_resources(self, plan: ExplainPlan | None, so_far: TrialOk) -> ExplainPlan | None:
        start_s = judge_growth(so_far, warmup_s=self._target.warmup_s).warmup_s
        if not growing_counts(so_far, start_s):
            return plan
        if plan is not None:
            return replace(plan, resources=True)
        return ExplainPlan(window_s=WINDOW_S, trace=False, native=False, holders=False, resources=True)
