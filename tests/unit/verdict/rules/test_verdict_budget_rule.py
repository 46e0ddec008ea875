"""Budgets of the user, compared with the measurements."""

from dataclasses import replace
from typing import Any

import pytest

from leakgate.growth.assess import Growth
from leakgate.model.explanation import Explanation, Frame, ResourceGrowth
from leakgate.model.metrics import Metric
from leakgate.model.source_ref import SourceRef
from leakgate.model.target import Budget, BudgetForm
from leakgate.model.verdict import Verdict
from leakgate.verdict.rules.allowances import judge_budgets
from leakgate.verdict.rules.budget_rule import allowance, exceeded, growth_over_duration
from leakgate.verdict.rules.growth_rule import judge_leak
from leakgate.verdict.rules.unmeasured_rule import judge_unmeasured_budgets
from tests.helpers.judged import ROOT, entry, evidence_of, growth, leak, leaking, peak, rate, resting
from tests.helpers.trials import KB, MB, flat, linear, plus, sampled, saturating, series, trial_from
from tests.helpers.works import kept, work_of, worked


def test_growth_within_its_budget_is_allowed() -> None:
    evidence = evidence_of(leaking(100 * KB), budgets=(growth(Metric.RSS, 20 * MB), growth(Metric.HEAP, 4 * MB)))
    assert evidence.judgement.growth is Growth.GROWS
    assert judge_budgets(evidence) is None
    assert judge_leak(evidence) is None
    assert len(allowance(evidence)) == 2


def test_growth_beyond_its_budget_is_not() -> None:
    budget = Budget(Metric.HEAP, BudgetForm.GROWTH, MB, "1MB", SourceRef("leakgate.yaml", 7, 13))
    evidence = evidence_of(leaking(100 * KB), budgets=(budget, growth(Metric.RSS, 20 * MB)))
    finding = judge_budgets(evidence)
    assert finding is not None
    assert (finding.rule, finding.verdict, finding.metric) == ("budget", Verdict.OVER_BUDGET, Metric.HEAP)
    assert finding.message == "heap grew by +2.54 MB, over its budget of 1MB"
    assert finding.where == budget.origin
    assert allowance(evidence) == ()
    found = judge_leak(evidence)
    assert found is not None
    assert found.verdict is Verdict.LEAK


def test_all_that_are_exceeded_are_named() -> None:
    evidence = evidence_of(
        leaking(100 * KB), budgets=(peak(20 * MB), growth(Metric.HEAP, MB), growth(Metric.RSS, 90 * MB))
    )
    finding = judge_budgets(evidence)
    assert finding is not None
    assert finding.rule == "peak"
    assert finding.message.startswith("RSS peaked at 33.0 MB, over its ceiling of 20000000B; heap grew by")
    assert finding.message.count(";") == 1


@pytest.mark.parametrize(
    ("budget", "is_exceeded"),
    [
        (peak(30 * MB + 100), False),
        (peak(30 * MB - 100), True),
        (rate(Metric.HEAP, 200 * KB), False),
        (rate(Metric.HEAP, 50 * KB), True),
        (growth(Metric.HEAP, 5 * MB), False),
        (growth(Metric.HEAP, MB), True),
        (growth(Metric.NATIVE, 1), False),
        (growth(Metric.FDS, 10), False),  # not measured here
    ],
)
def test_each_form_of_budget(budget: Budget, *, is_exceeded: bool) -> None:
    trial = trial_from(heap=linear(100 * KB), native=flat(), resident=flat(30 * MB))
    assert (exceeded(budget, evidence_of(trial)) is not None) is is_exceeded


def test_a_rate_is_exceeded_only_beyond_doubt() -> None:
    bumpy = trial_from(
        heap=plus(linear(100 * KB), saturating(2 * MB, 9.0, level=0.0)), native=flat(), resident=flat(30 * MB)
    )
    evidence = evidence_of(bumpy)
    trend = evidence.trend(Metric.HEAP)
    assert trend is not None
    assert trend.low_per_s < trend.per_s
    assert exceeded(rate(Metric.HEAP, (trend.low_per_s + trend.per_s) / 2), evidence) is None
    assert exceeded(rate(Metric.HEAP, trend.low_per_s * 0.99), evidence) is not None


def test_rates_are_told_in_the_unit_of_the_budget() -> None:
    text = exceeded(rate(Metric.HEAP, 50 * KB), evidence_of(leaking(100 * KB)))
    assert text == "heap grows by +100 KB/s, over its budget of 50000B/s"


def test_counts_are_told_as_counts() -> None:
    descriptors = series(Metric.FDS, sampled(linear(2.0, level=5.0), 30.0))
    trial = trial_from(heap=flat(), native=flat(), tree=(descriptors,))
    finding = judge_budgets(evidence_of(trial, budgets=(Budget(Metric.FDS, BudgetForm.GROWTH, 10, "10"),)))
    assert finding is not None
    assert finding.message == "file descriptors grew by +51, over its budget of 10"


def test_who_makes_most_of_what_is_counted_is_named() -> None:
    descriptors = series(Metric.FDS, sampled(linear(2.0, level=5.0), 30.0))
    trial = trial_from(heap=flat(), native=flat(), tree=(descriptors,))
    budgets = (Budget(Metric.FDS, BudgetForm.GROWTH, 10, "10"),)
    unknown = ResourceGrowth(metric=Metric.FDS, what="pipe", grew_count=9, per_min=9.0)
    by_name = replace(unknown, frames=(Frame(f"{ROOT}/feed.py", 4, "connect"),))
    nameless = replace(unknown, frames=(Frame(f"{ROOT}/feed.py", 4, ""),))
    for rows, said in (
        ((unknown,), "over its budget of 10"),
        ((unknown, by_name), "over its budget of 10, most of them created at feed.py:4 in connect"),
        ((nameless,), "over its budget of 10, most of them created at feed.py:4"),
    ):
        evidence = replace(evidence_of(trial, budgets=budgets), resources=rows)
        finding = judge_budgets(evidence)
        assert finding is not None
        assert finding.message == f"file descriptors grew by +51, {said}"
        assert finding.hint.startswith("close resources that are no longer needed")


def test_counts_are_charged_although_the_growth_of_memory_is_known() -> None:
    descriptors = series(Metric.FDS, sampled(linear(2.0, level=5.0), 30.0))
    trial = trial_from(heap=linear(100 * KB), native=flat(), resident=linear(100 * KB), tree=(descriptors,))
    evidence = evidence_of(
        trial,
        budgets=(Budget(Metric.FDS, BudgetForm.GROWTH, 10, "10"),),
        leaks=(leak(known=True),),
        baseline=entry(100 * KB, leaks=("0123456789ab",)),
    )
    assert judge_budgets(evidence) is not None


def test_a_budget_on_what_was_not_measured_is_not_kept_but_inconclusive() -> None:
    budget = Budget(Metric.FDS, BudgetForm.GROWTH, 10, "10", SourceRef("leakgate.yaml", 7, 13))
    finding = judge_unmeasured_budgets(evidence_of(resting(), budgets=(growth(Metric.HEAP, MB), budget)))
    assert finding is not None
    assert (finding.rule, finding.verdict, finding.where) == (
        "unmeasured-budget",
        Verdict.INCONCLUSIVE,
        budget.origin,
    )
    assert "`file descriptors: 10`" in finding.message
    assert judge_unmeasured_budgets(evidence_of(resting(), budgets=(growth(Metric.HEAP, MB),))) is None


def test_a_program_without_asyncio_keeps_a_budget_on_tasks_where_a_probe_says_so() -> None:
    budgets = (Budget(Metric.TASKS, BudgetForm.GROWTH, 10, "10"),)
    assert judge_unmeasured_budgets(evidence_of(resting(), budgets=budgets)) is None
    blind = replace(resting(), processes=tuple(replace(one, probed=False) for one in resting().processes))
    assert judge_unmeasured_budgets(evidence_of(blind, budgets=budgets)) is not None


def test_a_script_that_was_watched_for_longer_is_charged_for_its_duration_only() -> None:
    evidence = evidence_of(leaking(10 * KB, end_s=60.0, extended=True), budgets=(growth(Metric.HEAP, 400 * KB),))
    trend = evidence.trend(Metric.HEAP)
    assert trend is not None
    assert trend.growth > 500 * KB
    assert growth_over_duration(trend, evidence) == pytest.approx(trend.growth / 2)
    assert judge_budgets(evidence) is None


def test_without_a_duration_growth_is_charged_as_it_is() -> None:
    evidence = evidence_of(leaking(), duration_s=0.0)
    trend = evidence.trend(Metric.HEAP)
    assert trend is not None
    assert growth_over_duration(trend, evidence) == trend.growth


@pytest.mark.parametrize(
    ("budgets", "is_allowed"),
    [
        ((), False),
        ((growth(Metric.RSS, 50 * MB),), True),  # resident memory holds all the others
        ((growth(Metric.HEAP, 50 * MB),), True),
        ((growth(Metric.NATIVE, 50 * MB),), False),
        ((peak(900 * MB),), False),
        ((rate(Metric.HEAP, MB),), True),
        ((rate(Metric.HEAP, MB), growth(Metric.HEAP, KB)), False),
        ((growth(Metric.FDS, 9),), False),
    ],
)
def test_which_budgets_allow_a_growing_heap(budgets: tuple[Budget, ...], *, is_allowed: bool) -> None:
    evidence = evidence_of(leaking(), budgets=budgets)
    assert (judge_leak(evidence) is None) is is_allowed


def test_a_budget_on_the_heap_does_not_allow_resident_memory_that_it_does_not_explain() -> None:
    trial = trial_from(heap=flat(), native=flat(), resident=linear(MB, level=30 * MB))
    assert judge_leak(evidence_of(trial, budgets=(growth(Metric.HEAP, 900 * MB),))) is not None
    assert judge_leak(evidence_of(trial, budgets=(growth(Metric.RSS, 900 * MB),))) is None


def test_large_python_objects_are_heap_although_the_c_allocator_holds_them() -> None:
    traced = Explanation(window_s=4.0, traced_bytes=400_000, traced_large_bytes=390_000, native_bytes=400_000)
    trial = trial_from(heap=flat(), native=linear(MB), resident=linear(MB, level=30 * MB), explanation=traced)
    foreign = trial_from(heap=flat(), native=linear(MB), resident=linear(MB, level=30 * MB))
    allowed = (growth(Metric.HEAP, 900 * MB),)
    assert judge_leak(evidence_of(trial)) is not None
    assert judge_leak(evidence_of(trial, budgets=allowed)) is None
    assert judge_leak(evidence_of(foreign, budgets=allowed)) is not None


def test_an_undecided_rise_within_its_budget_is_allowed() -> None:
    trial = trial_from(heap=saturating(4 * MB, 10.0), native=flat(), resident=flat(30 * MB))
    assert judge_leak(evidence_of(trial)) is not None
    assert judge_leak(evidence_of(trial, budgets=(growth(Metric.HEAP, 9 * MB),))) is None


def test_nothing_is_allowed_where_nothing_leads() -> None:
    assert allowance(evidence_of(resting(), budgets=(growth(Metric.RSS, 9 * MB),))) == ()


def test_growth_that_the_baseline_accepted_is_not_charged_again_but_a_ceiling_is() -> None:
    known: dict[str, Any] = {"leaks": (leak(known=True),), "baseline": entry(100 * KB, leaks=("0123456789ab",))}
    budget = growth(Metric.HEAP, MB)
    assert judge_budgets(evidence_of(leaking(), budgets=(budget,), **known)) is None
    finding = judge_budgets(evidence_of(leaking(), budgets=(budget, peak(MB)), **known))
    assert finding is not None
    assert finding.message == "RSS peaked at 33.0 MB, over its ceiling of 1000000B"


def each(metric: Metric, limit: float, text: str) -> Budget:
    return Budget(metric, BudgetForm.ITERATION, limit, text)


@pytest.mark.parametrize("per_s", [100.0, 1_000.0])
def test_a_budget_a_request_holds_on_a_slow_and_on_a_fast_machine(per_s: float) -> None:
    work = work_of(1, per_s=lambda _t, _route: per_s)
    evidence = evidence_of(worked(work, kept(work, {0: 200.0})))

    assert exceeded(each(Metric.HEAP, 250.0, "250B/request"), evidence) is None
    text = exceeded(each(Metric.HEAP, 150.0, "150B/request"), evidence)
    assert text == "heap grows by +200 B/request, over its budget of 150B/request"


def test_growth_within_its_budget_a_request_is_allowed() -> None:
    work = work_of(2)
    evidence = evidence_of(worked(work, kept(work, {0: 600.0})), budgets=(each(Metric.HEAP, 400.0, "400B/request"),))

    assert evidence.judgement.growth is Growth.GROWS
    assert judge_leak(evidence) is None
    assert judge_budgets(evidence) is None


def test_a_budget_a_request_allows_nothing_where_no_requests_were_counted() -> None:
    evidence = evidence_of(leaking(100 * KB), budgets=(each(Metric.HEAP, 1e9, "1GB/request"),))

    assert allowance(evidence) == ()
    assert judge_unmeasured_budgets(evidence) is not None
    found = judge_leak(evidence)
    assert found is not None
    assert found.verdict is Verdict.LEAK


def test_noise_is_over_no_budget_a_request() -> None:
    work = work_of(1)
    evidence = evidence_of(worked(work, kept(work, {0: 0.1})))

    assert exceeded(each(Metric.HEAP, 0.0, "0/request"), evidence) is None
