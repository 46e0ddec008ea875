"""Descriptors, threads, tasks and child processes: which pile up, which code creates them, and when leakgate looks for
it.
"""

from dataclasses import replace
from typing import Any

import pytest

from leakgate.blame.frames import blamed_index
from leakgate.blame.resources import resources_of, resources_that_grow
from leakgate.blame.sites import explain
from leakgate.growth.pile_ups import growing_counts
from leakgate.model.evidence import EndReason, Series, TrialOk
from leakgate.model.explain_raw import RawExplanation, RawFrame, RawResource
from leakgate.model.explanation import Explanation, Frame, ResourceGrowth
from leakgate.model.metrics import COUNTED, Metric
from leakgate.model.origin import Origin
from leakgate.model.report import Trend
from leakgate.model.step import Conclude, ExplainPlan, KeepWatching, Settle, Step
from leakgate.pacing.resource_pacer import ResourcePacer
from tests.helpers.judged import ROOT, target
from tests.helpers.trials import Curve, flat, linear, plus, sampled, saturating, series, track_from, trial_from

OWN: RawFrame = (f"{ROOT}/worker.py", 12, "connect")
OTHER: RawFrame = (f"{ROOT}/worker.py", 40, "watch")
LIBRARY: RawFrame = ("/usr/lib/python3.11/socket.py", 232, "socket.__init__")


def counts(metric: Metric, curve: Curve, *, end_s: float = 30.0, every_s: float = 1.0) -> Series:
    rounded: Curve = lambda t: float(int(curve(t)))  # noqa: E731 - a curve like the others
    return series(metric, sampled(rounded, end_s, interval_s=every_s))


def trial_with(*tree: Series, end_s: float = 30.0) -> TrialOk:
    return trial_from(heap=flat(), native=flat(), tree=tree, end_s=end_s)


@pytest.mark.parametrize(
    ("curve", "grows"),
    [
        (linear(1.0, level=5.0), True),
        (linear(0.2, level=5.0), True),
        (linear(0.05, level=5.0), False),  # one or two may be chance
        (flat(500.0), False),
        (saturating(40.0, 3.0, level=5.0), False),  # a pool that has filled
        (linear(2.0, level=5.0, until_s=10.0), False),
        (plus(linear(-1.0, level=90.0)), False),
    ],
)
def test_what_rises_in_every_part_of_the_watch_grows(curve: Curve, *, grows: bool) -> None:
    assert growing_counts(trial_with(counts(Metric.FDS, curve)), 1.0) == ((Metric.FDS,) if grows else ())


def test_three_parts_do_where_it_was_read_too_rarely_for_four() -> None:
    trial = trial_with(counts(Metric.THREADS, linear(1.0), end_s=11.0), end_s=11.0)
    assert growing_counts(trial, 0.0) == (Metric.THREADS,)
    assert growing_counts(trial_with(counts(Metric.THREADS, linear(1.0), end_s=6.0), end_s=6.0), 0.0) == ()


def test_the_first_thread_of_a_child_process_is_no_thread_that_piles_up() -> None:
    children = counts(Metric.CHILDREN, linear(1.0))
    only_children = trial_with(counts(Metric.THREADS, linear(1.0, level=2.0)), children)
    assert growing_counts(only_children, 1.0) == (Metric.CHILDREN,)
    read_apart = trial_with(counts(Metric.THREADS, linear(1.0, level=2.0), every_s=0.5), children)
    assert growing_counts(read_apart, 1.0) == (Metric.CHILDREN,)
    threads_too = trial_with(counts(Metric.THREADS, linear(2.0, level=2.0)), children)
    assert set(growing_counts(threads_too, 1.0)) == {Metric.CHILDREN, Metric.THREADS}


def test_tasks_are_counted_by_each_process() -> None:
    rising = counts(Metric.TASKS, linear(1.0, level=0.0))
    still = counts(Metric.TASKS, flat(3.0))
    tracks = tuple(track_from(more=(one,), last_s=30.0, pid=pid) for pid, one in ((100, still), (101, rising)))
    trial = replace(trial_with(), processes=tracks)
    assert growing_counts(trial, 1.0) == (Metric.TASKS,)
    assert growing_counts(replace(trial, processes=tracks[:1]), 1.0) == ()


def named(raw: tuple[RawFrame, ...]) -> tuple[Frame, ...]:
    return tuple(
        Frame(file, line, function, Origin.PROJECT if ROOT in file else Origin.STDLIB) for file, line, function in raw
    )


def row(what: str = "file", count: int = 4, frames: tuple[RawFrame, ...] = (OWN,), **fields: Any) -> RawResource:
    return RawResource(metric=fields.pop("metric", "fds"), what=what, count=count, watched_s=4.0, frames=frames)


def test_rows_of_one_line_are_one_and_the_most_of_a_metric_comes_first() -> None:
    first = RawExplanation(pid=1, resources=(row(count=2), row("pipe", 9, ()), row("worker", 50, metric="threads")))
    second = RawExplanation(pid=2, resources=(row(count=3, frames=(LIBRARY, OWN)), row(frames=(OTHER,))))
    found = resources_of((first, second), named, blamed_index)
    assert [(one.metric, one.what, one.grew_count, one.blamed and one.blamed.line) for one in found] == [
        (Metric.FDS, "pipe", 9, None),
        (Metric.FDS, "file", 5, 12),
        (Metric.FDS, "file", 4, 40),
        (Metric.THREADS, "worker", 50, 12),
    ]
    assert found[1].per_min == pytest.approx(75.0)


def test_what_is_no_resource_is_left_out_and_no_time_is_no_rate() -> None:
    strange = RawExplanation(pid=1, resources=(row(metric="rss"), replace(row(), watched_s=0.0)))
    (found,) = resources_of((strange,), named, blamed_index)
    assert found.per_min == 0.0


def test_an_explanation_holds_them() -> None:
    found = explain((RawExplanation(pid=1, resources=(row(frames=(LIBRARY, OWN)),)),), lambda _, __: "")
    assert found is not None
    assert found.resources[0].blame == 1


def growth(metric: Metric = Metric.FDS, count: int = 1) -> ResourceGrowth:
    return ResourceGrowth(metric=metric, what="file", grew_count=count, per_min=1.0)


def trend(metric: Metric, per_s: float) -> Trend:
    return Trend(
        metric=metric,
        start=0.0,
        end=0.0,
        peak=0.0,
        growth=30 * per_s,
        per_s=per_s,
        low_per_s=0.0,
        high_per_s=0.0,
        noise=0.0,
    )


def test_the_rate_is_that_of_the_watch_shared_out() -> None:
    looked = Explanation(window_s=0.0, resources=(growth(count=30), growth(count=10), growth(Metric.THREADS)))
    found = resources_that_grow(looked, [trend(Metric.FDS, 2.0)], [Metric.FDS])
    assert [one.per_min for one in found] == [90.0, 30.0]


@pytest.mark.parametrize("looked", [None, Explanation(window_s=0.0, resources=(growth(Metric.THREADS),))])
def test_where_nobody_saw_it_the_counter_is_all_that_is_known(looked: Explanation | None) -> None:
    (found,) = resources_that_grow(looked, [trend(Metric.FDS, 2.0)], [Metric.FDS, Metric.TASKS])
    assert (found.what, found.grew_count, found.per_min, found.blamed) == ("", 60, 120.0, None)


class Answers:
    """A pacer that always answers the same."""

    def __init__(self, step: Step, plan: ExplainPlan | None = None) -> None:
        self.step, self.plan = step, plan
        self.asked: list[str] = []

    def next_step(self, so_far: TrialOk) -> Step:
        del so_far
        return self.step

    def last_look(self, so_far: TrialOk) -> ExplainPlan | None:
        del so_far
        return self.plan

    def confirms(self, explanation: Explanation | None) -> bool:
        self.asked.append(f"confirms {explanation is None}")
        return True

    def agrees(self, explanation: Explanation | None) -> bool:
        self.asked.append(f"agrees {explanation is None}")
        return False


PLAN = ExplainPlan(window_s=4.0)
RESTING = trial_with()
PILING_UP = trial_with(counts(Metric.FDS, linear(1.0, level=5.0)))


@pytest.mark.parametrize("step", [KeepWatching(), Settle()])
def test_what_does_not_conclude_is_passed_on(step: Step) -> None:
    assert ResourcePacer(Answers(step), target()).next_step(PILING_UP) is step


def test_resources_are_looked_for_only_where_they_pile_up() -> None:
    conclusion = Conclude(reason=EndReason.EARLY, check=PLAN, explain=PLAN)
    quiet = ResourcePacer(Answers(conclusion, PLAN), target())
    assert quiet.next_step(RESTING) == conclusion
    assert quiet.last_look(RESTING) == PLAN
    found = quiet.next_step(PILING_UP)
    assert isinstance(found, Conclude)
    assert found.explain == replace(PLAN, resources=True)
    assert found.check == PLAN  # the watch may continue after it, so it leaves no hook


def test_they_are_looked_for_although_memory_rests() -> None:
    pacer = ResourcePacer(Answers(Conclude(reason=EndReason.DURATION)), target())
    found = pacer.next_step(PILING_UP)
    assert isinstance(found, Conclude)
    assert found.explain == ExplainPlan(window_s=5.0, trace=False, native=False, holders=False, resources=True)
    assert pacer.last_look(PILING_UP) == found.explain
    assert pacer.last_look(RESTING) is None


def test_answers_on_memory_are_those_of_the_pacer_of_memory() -> None:
    inner = Answers(KeepWatching())
    pacer = ResourcePacer(inner, target())
    assert pacer.confirms(None)
    assert not pacer.agrees(None)
    assert inner.asked == ["confirms True", "agrees True"]


def test_every_counted_metric_is_a_count() -> None:
    assert set(COUNTED) == {Metric.FDS, Metric.THREADS, Metric.TASKS, Metric.CHILDREN}
