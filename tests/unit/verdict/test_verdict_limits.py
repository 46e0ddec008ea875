"""Limits of the verdict, each just kept and just passed: rates are set exactly, instead of fitted to readings."""

from dataclasses import replace

import pytest

from leakgate.model.baseline import AcceptedLeak, BaselineEntry, EntryName
from leakgate.model.evidence import EndReason, TrialOk
from leakgate.model.explanation import Explanation, Frame, GrowthSite, Holder, RootKind
from leakgate.model.load_spec import LoadSpec
from leakgate.model.metrics import Metric
from leakgate.model.report import Leak, TargetResult
from leakgate.model.session_record import Session
from leakgate.model.target import Budget, BudgetForm
from leakgate.model.verdict import Kind, Verdict
from leakgate.model.work_record import IterationRate
from leakgate.verdict.case import Evidence
from leakgate.verdict.invitations import invitations
from leakgate.verdict.known import (
    MIN_NEW_SHARE,
    by_holder,
    comparable_bytes_per_s,
    name_leaks,
    new_leaks,
    pace_room,
    why_accepted,
    worse_than_known,
)
from leakgate.verdict.rules.budget_rule import allowance, ceilings_exceeded, exceeded, growth_over_duration
from leakgate.verdict.rules.growth_hints import longer_s, where_to_look
from leakgate.verdict.rules.growth_rule import judge_leak
from leakgate.verdict.rules.idle_rule import judge_idle_server
from leakgate.verdict.script import judge_session
from tests.helpers.judged import (
    ROOT,
    entry,
    evidence_of,
    growth,
    leak,
    leaking,
    measurement,
    peak,
    rate,
    resting,
    site,
    target,
)
from tests.helpers.trials import MB, flat, linear, saturating, trial_from


def with_trend(evidence: Evidence, metric: Metric, **fields: object) -> Evidence:
    """The evidence with these figures in the trend of a metric."""
    trends = tuple(replace(one, **fields) if one.metric is metric else one for one in evidence.trends)  # type: ignore[arg-type]
    return replace(evidence, trends=trends)


def at_rate(per_s: float, **fields: object) -> Evidence:
    """A leak of Python objects at exactly this rate, with the native counter at rest."""
    evidence = evidence_of(leaking(), **fields)  # type: ignore[arg-type]
    return with_trend(with_trend(evidence, Metric.HEAP, per_s=per_s), Metric.NATIVE, per_s=0.0)


# Budgets


@pytest.mark.parametrize(("limit", "over"), [(1_000.0, False), (999.0, True)])
def test_a_budget_that_is_just_reached_is_kept(limit: float, *, over: bool) -> None:
    evidence = with_trend(evidence_of(leaking()), Metric.HEAP, growth=1_000.0, low_per_s=1_000.0)
    evidence = with_trend(evidence, Metric.RSS, peak=1_000.0)
    evidence = replace(evidence, target=replace(evidence.target, duration_s=0.0))
    for budget in (growth(Metric.HEAP, limit), rate(Metric.HEAP, limit), peak(limit)):
        assert (exceeded(budget, evidence) is not None) is over, budget
    assert bool([*ceilings_exceeded((peak(limit),), 1_000.0)]) is over


def test_only_a_ceiling_of_resident_memory_limits_a_peak_without_trends() -> None:
    others = (growth(Metric.RSS, 1.0), Budget(Metric.HEAP, BudgetForm.PEAK, 1.0, "1B"), rate(Metric.HEAP, 1.0))
    assert [*ceilings_exceeded(others, 1_000.0)] == []


def test_a_script_that_was_watched_for_its_duration_is_charged_for_all_of_it() -> None:
    evidence = with_trend(evidence_of(leaking(), duration_s=30.0), Metric.HEAP, growth=1_000.1)
    trend = evidence.trend(Metric.HEAP)
    assert trend is not None
    assert evidence.trial.watched_s == 30.0
    assert growth_over_duration(trend, evidence) == 1_000.1
    assert growth_over_duration(trend, replace(evidence, target=replace(evidence.target, duration_s=15.0))) == 500.05


@pytest.mark.parametrize(
    ("low", "grew", "over"), [(10.0, 5.0, False), (10.1, 5.0, True), (10.1, 4.0, False), (10.0, 9.0, False)]
)
def test_growth_a_request_is_over_its_budget_only_beyond_its_uncertainty_and_noise(
    low: float, grew: float, *, over: bool
) -> None:
    each = IterationRate(12.0, low, 14.0)
    evidence = with_trend(evidence_of(leaking()), Metric.HEAP, per_iteration=each, growth=grew, noise=4.0)
    budget = Budget(Metric.HEAP, BudgetForm.ITERATION, 10.0, "10B/request")
    assert (exceeded(budget, evidence) is not None) is over


@pytest.mark.parametrize(("heap", "native", "allowed"), [(2.0, 1.0, True), (1.0, 1.0, False), (1.0, 2.0, False)])
def test_native_growth_is_heap_for_budgets_only_where_the_heap_grows_more(
    heap: float, native: float, *, allowed: bool
) -> None:
    evidence = evidence_of(trial_from(heap=flat(), native=linear(MB)), budgets=(growth(Metric.HEAP, 900 * MB),))
    evidence = with_trend(with_trend(evidence, Metric.HEAP, growth=heap), Metric.NATIVE, growth=native)
    assert bool(allowance(evidence)) is allowed


# What is known


def suppressed(share: float = 1.0) -> Leak:
    return leak(known=True, suppressed_by="planned", share=share, signature="5" * 12)


def recorded_at(per_s: float, named: float) -> BaselineEntry:
    """A baseline of this rate, of which a named leak has a part."""
    one = AcceptedLeak(signature="0123456789ab", bytes_per_s=named, where="worker.py:load")
    return BaselineEntry(verdict=Verdict.KNOWN, peak_bytes=0, growth_bytes_per_s=per_s, leaks=(one,) if named else ())


@pytest.mark.parametrize(("per_s", "worse"), [(127_000.0, False), (127_001.0, True)])
def test_a_known_leak_may_grow_by_its_tolerance_and_two_kilobytes_a_second(per_s: float, *, worse: bool) -> None:
    evidence = at_rate(per_s, leaks=(leak(known=True),), baseline=recorded_at(100_000.0, 100_000.0), tolerance=0.25)
    assert worse_than_known(evidence) is worse


@pytest.mark.parametrize(
    ("per_s", "shares", "recorded", "named", "worse"),
    [
        # Half of the growth was suppressed when the baseline was recorded, and is as fast as before.
        (127_001.0, (0.5, 0.5), 100_000.0, 50_000.0, False),
        # The named part is faster: 78,000 against 50,000 B/s.
        (130_000.0, (0.6, 0.4), 100_000.0, 50_000.0, True),
        # The suppressed part is faster: 78,000 against 50,000 B/s.
        (130_000.0, (0.4, 0.6), 100_000.0, 50_000.0, True),
        # The baseline records nothing that was suppressed then, so the suppressed part cannot be compared.
        (200_000.0, (0.5, 0.5), 100_000.0, 100_000.0, False),
        # Less than 12 % of the recorded growth had no name: it may be noise.
        (200_000.0, (0.45, 0.55), 100_000.0, 88_500.0, False),
        (200_000.0, (0.45, 0.55), 100_000.0, 88_000.0, True),
        # Only suppressed leaks: all of the recorded growth was theirs.
        (127_001.0, (0.0, 1.0), 100_000.0, 0.0, True),
        # A place may be seen twice: no more than all growth is charged to what is suppressed.
        (120_000.0, (0.0, 1.5), 94_399.0, 0.0, True),
        (120_000.0, (0.0, 1.5), 94_400.0, 0.0, False),
    ],
)
def test_suppressed_and_recorded_growth_are_compared_apart(
    per_s: float, shares: tuple[float, float], recorded: float, named: float, *, worse: bool
) -> None:
    leaks = (leak(known=True, share=shares[0]), suppressed(shares[1]))
    evidence = at_rate(per_s, leaks=leaks, baseline=recorded_at(recorded, named), tolerance=0.25)
    assert worse_than_known(evidence) is worse


def test_the_entry_of_another_environment_allows_twice_the_rate_unless_requests_were_counted() -> None:
    own = recorded_at(100_000.0, 0.0)
    elsewhere = replace(own, taken_from=EntryName("cpython-3.11-linux-x86_64", "worker"))
    renamed = replace(own, taken_from=EntryName("cpython-3.12-linux-x86_64", "earlier"))
    assert [pace_room(at_rate(1.0, baseline=one)) for one in (None, own, renamed, elsewhere)] == [1.0, 1.0, 1.0, 2.0]
    counted = with_trend(at_rate(1.0), Metric.HEAP, per_iteration=IterationRate(10.0, 9.0, 11.0))
    assert counted.bytes_per_iteration is not None
    by_request = replace(elsewhere, growth_bytes_per_iteration=10.0)
    assert pace_room(replace(counted, baseline=by_request)) == 1.0
    assert pace_room(replace(counted, baseline=elsewhere)) == 2.0
    assert pace_room(at_rate(1.0, baseline=by_request)) == 2.0


def test_growth_a_request_is_compared_only_if_both_runs_counted_requests() -> None:
    counted = with_trend(at_rate(1_000.0), Metric.HEAP, per_iteration=IterationRate(30.0, 29.0, 31.0))
    assert counted.bytes_per_iteration is not None
    each = counted.bytes_per_iteration.estimate
    entry_of = replace(recorded_at(500.0, 0.0), growth_bytes_per_iteration=each / 4)
    assert comparable_bytes_per_s(replace(counted, baseline=entry_of)) == 2_000.0
    for other in (None, recorded_at(500.0, 0.0), replace(entry_of, growth_bytes_per_s=0.0)):
        assert comparable_bytes_per_s(replace(counted, baseline=other)) == 1_000.0
    assert comparable_bytes_per_s(at_rate(1_000.0, baseline=entry_of)) == 1_000.0


@pytest.mark.parametrize(("share", "matters"), [(MIN_NEW_SHARE, True), (0.119, False)])
def test_a_place_matters_from_twelve_percent_of_the_growth(share: float, *, matters: bool) -> None:
    small, known = leak(share=share), leak(known=True, share=0.8, signature="b" * 12)
    assert (small in new_leaks((known, small))) is matters
    order = by_holder((known, small))
    assert (order[0] == small) is matters
    many = GrowthSite(
        frames=(Frame(f"{ROOT}/worker.py", 3, "fill"),), grew_bytes=9, grew_blocks=900, bytes_per_s=9.0, share=share
    )
    (named,) = name_leaks(Explanation(window_s=3.0, sites=(many,), looked=True), ROOT)
    assert bool(named.advice) is matters


def test_of_new_leaks_only_small_ones_are_all_new() -> None:
    small = leak(share=0.05)
    assert new_leaks((small,)) == (small,)


def test_the_reason_of_the_baseline_is_that_of_the_leaks_that_are_seen() -> None:
    named = AcceptedLeak(signature="c" * 12, bytes_per_s=9.0, where="a.py:f", reason="by tenants")
    other = AcceptedLeak(signature="d" * 12, bytes_per_s=9.0, where="b.py:g", reason="not seen")
    accepted = BaselineEntry(verdict=Verdict.KNOWN, peak_bytes=0, growth_bytes_per_s=9.0, leaks=(named, other))
    by_name = leak(known=True, signature="c" * 12)
    by_earlier_name = replace(leak(known=True, signature="e" * 12), known_as="c" * 12)
    for one in (by_name, by_earlier_name):
        assert why_accepted(at_rate(1.0, leaks=(one,), baseline=accepted)) == "; accepted: by tenants"
    assert why_accepted(at_rate(1.0, leaks=(leak(signature="c" * 12),), baseline=accepted)) == ""


# Invitations


@pytest.mark.parametrize(("per_s", "invited"), [(75_000.0, False), (74_999.0, True)])
def test_a_leak_that_got_smaller_by_more_than_the_tolerance_invites(per_s: float, *, invited: bool) -> None:
    evidence = at_rate(per_s, baseline=recorded_at(100_000.0, 0.0), tolerance=0.25)
    assert (invitations(evidence, Verdict.KNOWN) != ()) is invited
    assert invitations(evidence, Verdict.OK) == ()
    assert invitations(evidence, Verdict.LEAK) == ()


def test_a_leak_that_is_gone_invites_and_a_baseline_without_growth_does_not() -> None:
    gone = invitations(evidence_of(resting(), baseline=recorded_at(100_000.0, 0.0)), Verdict.OK)
    assert [("is gone" in one) for one in gone] == [True]
    assert invitations(evidence_of(resting(), baseline=recorded_at(0.0, 0.0)), Verdict.OK) == ()


@pytest.mark.parametrize(("peak_bytes", "invited"), [(75.0, False), (74.0, True)])
def test_a_peak_that_fell_by_more_than_the_tolerance_invites(peak_bytes: float, *, invited: bool) -> None:
    evidence = evidence_of(resting(), baseline=entry(peak_bytes=100.0), tolerance=0.25)
    found = invitations(with_trend(evidence, Metric.RSS, peak=peak_bytes), Verdict.OK)
    assert bool(found) is invited
    unknown = with_trend(evidence_of(resting(), baseline=entry(), tolerance=0.25), Metric.RSS, peak=-1.0)
    assert invitations(unknown, Verdict.OK) == ()


# Words of the rule on growth


KEPT = Holder(
    path="shop.KEPT",
    root="module shop",
    root_kind=RootKind.MODULE,
    container_type="dict",
    length=9,
    grew_per_min=60.0,
)


def unplaced(kept: float) -> str:
    holder = replace(KEPT, kept_bytes_per_s=kept)
    evidence = at_rate(100_000.0)
    explained = replace(evidence.trial, explanation=Explanation(window_s=4.0, holders=(holder,)))
    finding = judge_leak(replace(evidence, trial=explained))
    assert finding is not None
    return finding.message


def test_a_container_keeps_the_memory_from_half_of_the_rate_and_a_part_of_it_below() -> None:
    assert ", kept by shop.KEPT (dict)" in unplaced(50_000.0)
    assert ", kept in part by shop.KEPT (dict)" in unplaced(49_000.0)


@pytest.mark.parametrize(
    ("entry_type", "linked", "words"),
    [("str", False, "(list of str)"), ("", False, "(list)"), ("str", True, "(list)"), ("", True, "(list)")],
)
def test_the_entries_of_a_holder_are_named_unless_it_is_a_linked_structure(
    entry_type: str, *, linked: bool, words: str
) -> None:
    holder = replace(KEPT, container_type="list", entry_type=entry_type, linked=linked)
    finding = judge_leak(at_rate(100_000.0, leaks=(leak(holder=holder),)))
    assert finding is not None
    assert f"kept by shop.KEPT {words}, at " in finding.message


def pages_grow(heap: float, native: float, noise: float = 10.0) -> str:
    """The hint on a leak that only resident memory shows, where the counters grew by so much."""
    evidence = evidence_of(trial_from(heap=flat(), native=flat(), resident=linear(MB, level=30 * MB)))
    evidence = with_trend(evidence, Metric.HEAP, growth=heap, noise=noise)
    evidence = with_trend(evidence, Metric.NATIVE, growth=native, noise=noise)
    finding = judge_leak(evidence)
    assert finding is not None
    return finding.hint


def test_memory_is_fragmented_only_if_both_counters_together_stay_within_their_noise() -> None:
    assert "fragmented" in pages_grow(10.0, 10.0)
    assert "fragmented" in pages_grow(0.0, 20.0)
    assert "fragmented" not in pages_grow(0.0, 20.1)
    assert "fragmented" not in pages_grow(20.1, 0.0)
    assert "fragmented" not in pages_grow(11.0, 11.0)


def test_no_hint_speaks_of_holes_where_nothing_is_judged() -> None:
    evidence = evidence_of(trial_from(heap=flat(), native=flat(), resident=linear(MB, level=30 * MB)))
    unled = replace(evidence, judgement=replace(evidence.judgement, leading=None))
    finding = judge_leak(unled)
    assert finding is not None
    assert "fragmented" not in finding.hint


def test_without_a_leading_signal_any_probe_makes_the_place_findable() -> None:
    evidence = at_rate(1.0)
    unled = replace(evidence, judgement=replace(evidence.judgement, leading=None))
    assert where_to_look(unled) == "run it again, with a longer `duration`, to see where it is allocated"
    ended = replace(unled.trial, ending=replace(unled.trial.ending, reason=EndReason.EXITED))
    assert "repeat: true" in where_to_look(replace(unled, trial=ended))


def test_the_process_that_grows_is_the_one_that_needs_a_probe() -> None:
    evidence = at_rate(1.0)
    main = evidence.trial.processes[0]
    blind, other = replace(main, probed=False), replace(main, pid=7)
    hint = where_to_look(replace(evidence, trial=replace(evidence.trial, processes=(blind, other))))
    assert hint.startswith(f"no probe runs in process {main.pid}, ")


@pytest.mark.parametrize(
    ("watched_s", "duration_s", "seconds"),
    [(20.0, 20.0, 50.0), (20.0, 40.0, 80.0), (60.0, 20.0, 150.0), (0.4, 0.1, 10.0)],
)
def test_a_longer_watch_is_two_and_a_half_times_as_long_or_twice_the_duration(
    watched_s: float, duration_s: float, seconds: float
) -> None:
    evidence = at_rate(1.0, duration_s=duration_s)
    assert longer_s(replace(evidence, trial=replace(evidence.trial, watched_s=watched_s))) == seconds


# The result of a script


def result_of(trial: TrialOk, **fields: object) -> TargetResult:
    return judge_session(Session(target=target(**fields), measurement=measurement(trial)))


def test_the_kind_of_a_leak_without_a_probe_is_not_claimed() -> None:
    pages = trial_from(resident=linear(MB, level=30 * MB))
    blind = replace(pages, processes=tuple(replace(one, probed=False) for one in pages.processes))
    found = result_of(blind)
    assert (found.verdict, found.kind) == (Verdict.LEAK, Kind.NONE)
    counted = result_of(trial_from(heap=flat(), native=linear(MB), resident=linear(MB, level=30 * MB)))
    assert (counted.verdict, counted.kind) == (Verdict.LEAK, Kind.NATIVE)
    heap = result_of(leaking())
    assert (heap.verdict, heap.kind) == (Verdict.LEAK, Kind.PYTHON)


def test_the_places_of_a_large_rise_that_is_an_error_are_shown_and_those_of_another_error_are_not() -> None:
    explanation = Explanation(window_s=4.0, sites=(site(),), looked=True)
    rise = saturating(200 * MB, 22.0)
    large = trial_from(heap=rise, native=flat(), resident=rise, end_s=60.0, explanation=explanation)
    found = result_of(large)
    assert (found.verdict, len(found.leaks)) == (Verdict.ERROR, 1)
    small = trial_from(heap=saturating(4 * MB, 22.0), native=flat(), end_s=60.0, explanation=explanation)
    cut = result_of(replace(small, unexplained="process 100 did not answer"))
    assert (cut.verdict, cut.findings[0].rule, cut.leaks) == (Verdict.ERROR, "unmeasured", ())


def test_places_of_memory_at_rest_are_no_leaks() -> None:
    explanation = Explanation(window_s=4.0, sites=(site(),), looked=True)
    steady = trial_from(heap=flat(), native=flat(), resident=flat(30 * MB), explanation=explanation)
    over = result_of(steady, budgets=(peak(MB),))
    assert (over.verdict, over.leaks, over.kind) == (Verdict.OVER_BUDGET, (), Kind.NONE)


def test_the_largest_place_gives_the_kind_only_of_a_leak_or_a_known_leak() -> None:
    explanation = Explanation(window_s=4.0, sites=(site(),), looked=True)
    undecided = result_of(trial_from(heap=saturating(4 * MB, 10.0), native=flat(), explanation=explanation))
    assert (undecided.verdict, undecided.kind, len(undecided.leaks)) == (Verdict.INCONCLUSIVE, Kind.NONE, 1)


def test_a_program_that_only_waits_is_inconclusive_unless_leakgate_asks_it() -> None:
    idle = replace(resting(), idle_port=8000)
    assert judge_idle_server(evidence_of(idle)) is not None
    assert judge_idle_server(evidence_of(resting())) is None
    assert judge_idle_server(evidence_of(idle, load=LoadSpec(source=()))) is None
