"""Which holders an explanation has if a look did not come to an end."""

from dataclasses import dataclass, field, replace
from typing import cast

import pytest

from leakgate.measure.explained_watch import watch_and_explain
from leakgate.measure.watch import Watch
from leakgate.model.evidence import EndReason, TrialOk
from leakgate.model.explain_raw import RawExplanation, RawHolder, RawType
from leakgate.model.explanation import Explanation, Frame, GrowthSite, Holder
from leakgate.model.step import Conclude, ExplainPlan, KeepWatching, Step
from tests.helpers.trials import flat, trial_from

CHECK, FULL = ExplainPlan(window_s=1.0, trace=False, native=False), ExplainPlan(window_s=2.0)
HOLDER = Holder(path="work.KEPT", root="module work", container_type="list", length=9, grew_per_min=90.0)
OTHER = Holder(path="work.MORE", root="module work", container_type="list", length=9, grew_per_min=90.0)


@dataclass
class Watched:
    """A watch that concludes at once. The first look finds `HOLDER`."""

    conclusion: Conclude
    answer: Explanation | None
    """The explanation after the first look; None if no process answers."""
    over: bool = False
    now_s: float = 20.0
    plans: list[ExplainPlan] = field(default_factory=list)

    def until_concluded(self, _: object) -> Conclude:
        return self.conclusion

    def explain(self, plan: ExplainPlan) -> tuple[RawExplanation, ...]:
        self.plans.append(plan)
        answers = plan.window_s == CHECK.window_s or self.answer is not None
        return (RawExplanation(pid=1),) if answers else ()

    def evidence(self, watched_s: float) -> TrialOk:
        return trial_from(end_s=watched_s, heap=flat())

    def explainer(self, answers: tuple[RawExplanation, ...], watched: TrialOk) -> Explanation | None:
        del answers, watched
        return Explanation(window_s=1.0, holders=(HOLDER,)) if len(self.plans) == 1 else self.answer


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
    return watch_and_explain(cast("Watch", watched), Agreeing(), watched.explainer).explanation, watched


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
    assert watch_and_explain(cast("Watch", watched), Agreeing(), watched.explainer).explanation is None


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

    def explainer(self, answers: tuple[RawExplanation, ...], watched: TrialOk) -> Explanation | None:
        del watched
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


def quickly(pacer: Agreeing, *, traces_show: bool = True) -> tuple[Explanation | None, list[ExplainPlan]]:
    concluded = Conclude(reason=EndReason.EARLY, check=CHECK, explain=FULL, look_once=True, revocable=True)
    watched = FastLeak(concluded, None, traces_show=traces_show)
    return watch_and_explain(cast("Watch", watched), pacer, watched.explainer).explanation, watched.plans


def test_a_fast_leak_is_looked_at_once_and_then_only_traced() -> None:
    explanation, plans = quickly(Agreeing())
    assert plans == [CHECK, replace(FULL, holders=False)]
    assert explanation == Explanation(
        window_s=1.0,
        holders=(HOLDER,),
        looked=True,
        sites=(SITE,),
        notes=("seen by the look", "seen by the trace"),
        longest_pause_s=0.5,
    )


def test_where_tracing_shows_no_line_everything_is_looked_at() -> None:
    assert quickly(Agreeing(), traces_show=False)[1] == [CHECK, replace(FULL, holders=False), FULL]


def test_holders_of_an_earlier_look_do_not_confirm_a_leak() -> None:
    assert quickly(Doubting())[1] == [CHECK, replace(FULL, holders=False), FULL]
