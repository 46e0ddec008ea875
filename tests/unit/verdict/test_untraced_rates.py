"""Rates of places, holders and types agree: all are those of the program before leakgate looked closer."""

from dataclasses import replace

import pytest

from leakgate.model.explanation import Explanation, Holder, TypeGrowth
from leakgate.model.metrics import Metric
from leakgate.model.report import TargetResult
from leakgate.verdict.policy import Policy
from leakgate.verdict.script import judge_session
from tests.helpers.judged import ROOT, measurement, site, target
from tests.helpers.trials import KB, MB, Curve, flat, linear, trial_from

PER_S = 1_000 * KB
"""How fast the program keeps memory before the look. During the look it does a quarter of its work."""
SLOW_S = PER_S / 4
WATCHED_S, LOOK_S = 20.0, 10.0
BYTES_EACH = 80.0
HOLDER = Holder(
    path="shop.KEPT",
    root="module shop",
    container_type="list",
    length=9,
    grew_per_min=60 * SLOW_S / BYTES_EACH,
    kept_bytes_per_s=SLOW_S,
    entry_type="Order",
)
TYPE = TypeGrowth(name="Order", grew_count=900, count_per_min=60 * SLOW_S / BYTES_EACH, bytes_each=BYTES_EACH)
FOUND = Explanation(
    window_s=4.0,
    traced_blocks=1_250,
    traced_bytes=100_000,
    sites=(replace(site(), bytes_per_s=SLOW_S, share=1.0, grew_bytes=100_000, grew_blocks=1_250),),
    holders=(HOLDER,),
    types=(TYPE,),
    looked=True,
)


def slowing(then_per_s: float) -> Curve:
    """Grow at ``PER_S`` until the end of the watch, and at another rate after it."""

    def level(t_s: float) -> float:
        return 4 * MB + PER_S * min(t_s, WATCHED_S) + then_per_s * max(0.0, t_s - WATCHED_S)

    return level


def judged(heap: Curve, *, end_s: float = WATCHED_S + LOOK_S, found: Explanation = FOUND) -> TargetResult:
    trial = trial_from(end_s=end_s, heap=heap, native=flat(), explanation=found)
    watched = replace(trial, watched_s=WATCHED_S, ending=replace(trial.ending, at_s=WATCHED_S))
    return judge_session(Policy(root=ROOT).session(target(), measurement(watched)))


def rates(result: TargetResult) -> tuple[float, float, float, float]:
    """Return the rates of the place, of the holder's memory, of its entries and of the type, in bytes per second."""
    leak, (one,) = result.leaks[0], result.types
    assert leak.holder is not None
    entries_per_s, objects_per_s = leak.holder.grew_per_min / 60, one.count_per_min / 60
    place, kept = leak.bytes_per_s, leak.holder.kept_bytes_per_s
    return place, kept, entries_per_s * BYTES_EACH, objects_per_s * one.bytes_each


def test_what_was_seen_in_a_slower_program_has_the_rate_of_the_headline() -> None:
    result = judged(slowing(SLOW_S))
    assert next(one for one in result.trends if one.metric is Metric.HEAP).per_s == pytest.approx(PER_S, rel=0.02)
    assert rates(result) == pytest.approx([PER_S] * 4, rel=0.05)


@pytest.mark.parametrize(
    ("heap", "end_s"),
    [(linear(PER_S), 30.0), (slowing(3 * PER_S), 30.0), (slowing(SLOW_S), 20.5), (slowing(0.0), 30.0)],
    ids=["not slowed down", "faster", "a look too short", "it rests"],
)
def test_nothing_is_scaled_without_a_sure_factor(heap: Curve, end_s: float) -> None:
    place, *others = rates(judged(heap, end_s=end_s))
    assert place == pytest.approx(PER_S, rel=0.02)
    assert others == pytest.approx([SLOW_S] * 3, rel=0.05)


def test_a_factor_has_a_limit() -> None:
    result = judged(slowing(PER_S / 25), end_s=WATCHED_S + 60.0)
    assert result.types[0].count_per_min == pytest.approx(20 * TYPE.count_per_min)


def test_a_verdict_does_not_depend_on_the_scaling() -> None:
    slow, same = judged(slowing(SLOW_S)), judged(linear(PER_S))
    assert (slow.verdict, slow.reason, slow.leaks[0].signature) == (same.verdict, same.reason, same.leaks[0].signature)
