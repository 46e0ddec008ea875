"""Which holders an explanation has if a look did not come to an end."""

from dataclasses import dataclass, field, replace
from math import inf
from typing import Self, cast

import pytest

from leakgate.measure.explained_watch import watch_and_explain
from leakgate.measure.watch import Watch
from leakgate.model.evidence import EndReason, TrialOk
from leakgate.model.explain_raw import RawExplanation, RawHolder, RawNativeSite, RawType
from leakgate.model.explanation import Explanation, Frame, GrowthSite, Holder
from leakgate.model.step import Conclude, ExplainPlan, KeepWatching, Step
from tests.helpers.trials import flat, trial_from

CHECK, FULL = ExplainPlan(window_s=1.0, trace=False, native=False), ExplainPlan(window_s=2.0)
TRACED = replace(FULL, native=False)
HOLDER = Holder(
    path="work.KEPT",
    root="module work",
    container_type="list",
    length=9,
    grew_per_min=90.0,
    kept_bytes_per_s=1_000.0,
)
OTHER = Holder(path="work.MORE", root="module work", container_type="list", length=9, grew_per_min=90.0)


@dataclass
class Watched:
    """A watch that concludes at once. The first look finds `HOLDER`."""

    conclusion: Conclude
    answer: Explanation | None
    """The explanation after the first look; None if no process answers."""
    over: bool = False
    now_s: float = 20.0
    traces_too_little: bool = False
    plans: list[ExplainPlan] = field(default_factory=list)
    judged: list[float] = field(default_factory=list)
    """When what was watched was judged, in seconds of the watch."""

    def until_concluded(self, _: object) -> Conclude:
        return self.conclusion

    def explain(self, plan: ExplainPlan) -> tuple[RawExplanation, ...]:
        self.plans.append(plan)
        answers = plan.window_s == CHECK.window_s or self.answer is not None
        return (RawExplanation(pid=1),) if answers else ()

    def evidence(self, watched_s: float) -> TrialOk:
        return trial_from(end_s=watched_s, heap=flat())

    def reader_of(self, watched: TrialOk) -> Self:
        """Read the answers, in place of the real explainer."""
        self.judged.append(watched.watched_s)
        return self

    def explanation_of(self, answers: tuple[RawExplanation, ...]) -> Explanation | None:
        del answers
        return Explanation(window_s=1.0, holders=(HOLDER,)) if len(self.plans) == 1 else self.answer

    def needs_native(self, answers: tuple[RawExplanation, ...]) -> bool:
        del answers
        return self.traces_too_little


class Agreeing:
    """Rules that take every answer."""

    def next_step(self, _: TrialOk) -> Step:
        return KeepWatching()

    def confirms(self, explanation: Explanation | None) -> bool:
        return explanation is not None

    def agrees(self, _: Explanation | None) -> bool:
        return True

    def last_look(self, _: TrialOk) -> ExplainPlan | None:
        return None


def seen(answer: Explanation | None, *, life_s: float = 0.0) -> tuple[Explanation | None, Watched]:
    plan = ExplainPlan(window_s=FULL.window_s, life_s=life_s)
    watched = Watched(Conclude(reason=EndReason.EARLY, check=CHECK, explain=plan), answer)
    return watch_and_explain(cast("Watch", watched), Agreeing(), watched).explanation, watched


def test_a_look_that_did_not_end_has_the_holders_of_the_first_one() -> None:
    explanation, _ = seen(Explanation(window_s=2.0, looked=False))
    assert explanation is not None
    assert explanation.holders == (HOLDER,)


@pytest.mark.parametrize(
    "answer",
    [Explanation(window_s=2.0, looked=True), Explanation(window_s=2.0, holders=(OTHER,), looked=False)],
    ids=["nothing grew", "another one grew"],
)
def test_a_newer_answer_counts(answer: Explanation) -> None:
    assert seen(answer)[0] == answer


def test_workers_that_are_replaced_are_not_asked_for_holders_twice() -> None:
    explanation, watched = seen(None, life_s=1.0)
    assert explanation is not None
    assert explanation.holders == (HOLDER,)
    assert [plan.holders for plan in watched.plans] == [True, False]


def test_a_process_that_does_not_answer_again_has_the_holders_of_the_first_look() -> None:
    explanation, watched = seen(None)
    assert explanation is not None
    assert explanation.holders == (HOLDER,)
    assert [plan.holders for plan in watched.plans] == [True, True]


def test_what_does_not_grow_any_more_has_no_holders_of_an_earlier_look() -> None:
    watched = Watched(Conclude(reason=EndReason.DURATION, check=CHECK), None)
    assert watch_and_explain(cast("Watch", watched), Agreeing(), watched).explanation is None


SITE = GrowthSite(
    frames=(Frame(file="/p/work.py", line=3, function="keep"),),
    grew_bytes=9_000,
    grew_blocks=90,
    bytes_per_s=9e3,
    share=1.0,
)
LOOK = RawExplanation(
    pid=1,
    looked=True,
    holders=(RawHolder(path="work.KEPT", root="module work", container_type="list", lengths=(1, 9)),),
    types=(RawType(name="str", counts=(1, 9), bytes=60),),
    notes=("seen by the look",),
    pause_s=0.5,
)


@dataclass
class FastLeak(Watched):
    """A fast leak: its holders need no second look. An explanation has a site if tracing sees it."""

    traces_show: bool = True

    def explain(self, plan: ExplainPlan) -> tuple[RawExplanation, ...]:
        self.plans.append(plan)
        return (LOOK if plan.holders else RawExplanation(pid=1, pause_s=0.1, notes=("seen by the trace",)),)

    def explanation_of(self, answers: tuple[RawExplanation, ...]) -> Explanation | None:
        traced = self.plans[-1].trace and self.traces_show
        return Explanation(
            window_s=1.0,
            holders=(HOLDER,) if answers[0].holders else (),
            looked=answers[0].looked,
            sites=(SITE,) if traced else (),
            notes=answers[0].notes,
            longest_pause_s=answers[0].pause_s,
        )


class Doubting(Agreeing):
    """Rules that believe in holders that grow only."""

    def agrees(self, explanation: Explanation | None) -> bool:
        return explanation is not None and bool(explanation.holders)


def quickly(
    pacer: Agreeing, *, traces_show: bool = True, enough_per_s: float = 0.0
) -> tuple[Explanation | None, list[ExplainPlan]]:
    plan = replace(FULL, enough_kept_per_s=enough_per_s)
    concluded = Conclude(reason=EndReason.EARLY, check=CHECK, explain=plan, revocable=True)
    watched = FastLeak(concluded, None, traces_show=traces_show)
    explanation = watch_and_explain(cast("Watch", watched), pacer, watched).explanation
    return explanation, [replace(plan, enough_kept_per_s=inf) for plan in watched.plans]


def test_a_fast_leak_is_looked_at_once_and_then_only_traced() -> None:
    explanation, plans = quickly(Agreeing())
    assert plans == [CHECK, replace(TRACED, holders=False)]
    assert explanation == Explanation(
        window_s=1.0,
        holders=(HOLDER,),
        looked=True,
        sites=(SITE,),
        notes=("seen by the look", "seen by the trace"),
        longest_pause_s=0.5,
    )


@pytest.mark.parametrize(("enough_per_s", "again"), [(HOLDER.kept_bytes_per_s, False), (1_001.0, True), (inf, True)])
def test_holders_that_keep_too_little_are_searched_for_again(enough_per_s: float, *, again: bool) -> None:
    plans = quickly(Agreeing(), enough_per_s=enough_per_s)[1]
    assert plans == [CHECK, TRACED if again else replace(TRACED, holders=False)]


NATIVE_SITE = RawNativeSite(frames=(("/p/work.py", 7, "call"),), bytes=500, calls=5, total=500)


@dataclass
class Tracing(Watched):
    """A watch whose first answer is that of tracing, and whose second one has a place of native memory."""

    given: tuple[RawExplanation, ...] = ()

    def explain(self, plan: ExplainPlan) -> tuple[RawExplanation, ...]:
        self.plans.append(plan)
        if plan.trace:
            return (replace(LOOK, pause_s=0.1), replace(LOOK, pid=2))
        return (RawExplanation(pid=1, native_sites=(NATIVE_SITE,), notes=("seen by the calls",), pause_s=0.2),)

    def explanation_of(self, answers: tuple[RawExplanation, ...]) -> Explanation | None:
        self.given = answers
        return super().explanation_of(answers)


def native(*, traces_too_little: bool, plan: ExplainPlan = FULL, over: bool = False) -> Tracing:
    concluded = Conclude(reason=EndReason.DURATION, explain=plan)
    watched = Tracing(concluded, None, over=over, traces_too_little=traces_too_little)
    watch_and_explain(cast("Watch", watched), Agreeing(), watched)
    return watched


def test_calls_of_native_code_are_followed_only_if_tracing_saw_too_little() -> None:
    assert native(traces_too_little=False).plans == [TRACED]
    watched = native(traces_too_little=True)
    assert watched.plans == [TRACED, replace(FULL, trace=False, holders=False, pids=(1, 2))]
    assert watched.given == (
        replace(LOOK, pause_s=0.2, native_sites=(NATIVE_SITE,), notes=("seen by the look", "seen by the calls")),
        replace(LOOK, pid=2),
    )


@dataclass
class Heir(Tracing):
    """The process that grew has ended; another one of its role answers in its place, or none."""

    pids: tuple[int, ...] = (7,)

    def explain(self, plan: ExplainPlan) -> tuple[RawExplanation, ...]:
        self.plans.append(plan)
        return tuple(RawExplanation(pid=pid) for pid in self.pids)


@pytest.mark.parametrize("pids", [(7,), ()], ids=["another process answered", "none answered"])
def test_only_a_process_that_answered_is_asked_for_native_places(pids: tuple[int, ...]) -> None:
    plan = replace(FULL, pids=(1,))
    watched = Heir(Conclude(reason=EndReason.DURATION, explain=plan), None, traces_too_little=True, pids=pids)
    watch_and_explain(cast("Watch", watched), Agreeing(), watched)
    more = [replace(plan, trace=False, holders=False, pids=pids)] if pids else []
    assert watched.plans == [replace(plan, native=False), *more]
    assert all(one.only_adds_native for one in more)


def test_native_places_are_asked_for_once_also_if_everything_is_looked_at_again() -> None:
    plan = replace(FULL, enough_kept_per_s=0.0)
    concluded = Conclude(reason=EndReason.EARLY, check=CHECK, explain=plan)
    watched = FastLeak(concluded, None, traces_show=False, traces_too_little=True)
    watch_and_explain(cast("Watch", watched), Agreeing(), watched)
    assert [(one.trace, one.holders, one.native) for one in watched.plans] == [
        (False, True, False),
        (True, False, False),
        (False, False, True),
        (True, True, False),
    ]


def test_what_was_watched_is_judged_once_for_all_questions() -> None:
    assert native(traces_too_little=True).judged == [20.0]
    concluded = Conclude(reason=EndReason.EARLY, check=CHECK, explain=replace(FULL, enough_kept_per_s=0.0))
    watched = FastLeak(concluded, None, traces_show=False)
    watch_and_explain(cast("Watch", watched), Agreeing(), watched)
    assert watched.judged == [20.0]


@pytest.mark.parametrize(
    "plan", [TRACED, replace(FULL, life_s=1.0), replace(FULL, trace=False)], ids=["no native", "worker", "no trace"]
)
def test_there_is_one_question_if_the_plan_or_a_short_life_asks_for_one(plan: ExplainPlan) -> None:
    assert native(traces_too_little=True, plan=plan).plans == [plan]


def test_a_script_that_has_ended_is_not_asked_again() -> None:
    assert native(traces_too_little=True, over=True).plans == [TRACED]


def test_where_tracing_shows_no_line_everything_is_looked_at() -> None:
    assert quickly(Agreeing(), traces_show=False)[1] == [CHECK, replace(TRACED, holders=False), TRACED]


def test_holders_of_an_earlier_look_do_not_confirm_a_leak() -> None:
    assert quickly(Doubting())[1] == [CHECK, replace(TRACED, holders=False), TRACED]
