"""The verdict on suites, callables and repeated scripts, from readings that are made up here."""

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from leakgate.baseline.entries import entry_of
from leakgate.growth.counts import RULE
from leakgate.model.baseline import AcceptedLeak, BaselineEntry
from leakgate.model.entry import CallEntry, Entry, TestsEntry
from leakgate.model.evidence import Ending, EndReason, ProcessRun, RepeatedTest, SuiteEvidence, TrialOk
from leakgate.model.explanation import Frame, Holder, RootKind
from leakgate.model.metrics import Metric
from leakgate.model.origin import Origin
from leakgate.model.repeated import PerCall, Repetitions, TestAnswer, TestOutcome
from leakgate.model.report import Leak, TargetResult
from leakgate.model.session_record import Session
from leakgate.model.source_ref import SourceRef
from leakgate.model.target import Budget, BudgetForm, TargetSpec
from leakgate.model.verdict import DEFAULT_FAIL_ON, Expectation, Verdict
from leakgate.verdict.causes import grouped
from leakgate.verdict.per_call import budgets_of, exceeded_by, is_allowed
from leakgate.verdict.process_runs_verdict import LEAST_STEP_BYTES, rise_of_each_run
from leakgate.verdict.script import judge_session
from tests.helpers import judged

CALLS = RULE.warm + RULE.leak_after
MB = 1_000_000


def repetitions(blocks_per_call: int, calls: int = CALLS, answer: str = "") -> Repetitions:
    blocks = tuple(1_000 + blocks_per_call * call for call in range(calls))
    return Repetitions(
        answer=answer or ("leak" if blocks_per_call else "ok"),
        count=calls,
        stopped="failed" if answer == "not-repeatable" else "repetitions",
        seconds=1.0,
        failure="AssertionError: twice" if answer == "not-repeatable" else "",
        readings=MappingProxyType({"blocks": blocks, "native": (5_000,) * calls, "rss": (50 * MB, 50 * MB)}),
    )


def healthy(name: str = "test_a.py::test_healthy") -> RepeatedTest:
    return RepeatedTest(id=name, outcome=TestOutcome.PASSED, first=repetitions(0, 40))


def leaking(name: str = "test_a.py::test_keeps", blocks: int = 2, **fields: str) -> RepeatedTest:
    test = RepeatedTest(id=name, outcome=TestOutcome.PASSED, file="test_a.py", line=3, confirmed=repetitions(blocks))
    return replace(test, **fields)  # type: ignore[arg-type]


def failing() -> RepeatedTest:
    return RepeatedTest(id="test_a.py::test_fails", outcome=TestOutcome.FAILED, text="E   assert 1 == 2")


def too_slow() -> RepeatedTest:
    return RepeatedTest(id="test_a.py::test_slow", outcome=TestOutcome.PASSED, first=repetitions(0, 3, "too-slow"))


def not_repeatable() -> RepeatedTest:
    return RepeatedTest(
        id="test_a.py::test_once", outcome=TestOutcome.PASSED, first=repetitions(0, 3, "not-repeatable")
    )


def budget(metric: Metric, limit: float, text: str, form: BudgetForm = BudgetForm.ITERATION) -> Budget:
    return Budget(metric=metric, form=form, limit=limit, text=text)


def verdict_on(
    *tests: RepeatedTest,
    fail_on: frozenset[Verdict] = DEFAULT_FAIL_ON,
    entry: Entry | None = None,
    evidence: SuiteEvidence | None = None,
    baseline_peak: int = 0,
    recorded: BaselineEntry | None = None,
    **fields: object,
) -> TargetResult:
    target: TargetSpec = replace(judged.target(**fields), entry=entry or TestsEntry(words=("tests",)))
    ending = Ending(reason=EndReason.EXITED, exit_code=0, at_s=2.0)
    trial = TrialOk(processes=(), tree=(), ending=ending)
    suite = evidence or SuiteEvidence(tests=tests, runner="9.0")
    measurement = replace(judged.measurement(trial), suite=suite)
    recorded = judged.entry(peak_bytes=baseline_peak) if baseline_peak else recorded
    return judge_session(
        Session(target=target, measurement=measurement, root=str(Path("/project")), baseline=recorded, fail_on=fail_on)
    )


def test_a_leak_decides_beside_a_failed_test_and_both_are_said() -> None:
    result = verdict_on(healthy(), leaking(), failing())
    assert result.verdict is Verdict.LEAK
    assert "1 leak in 1 of 3 tests" in result.reason
    assert "1 of 3 tests failed" in result.reason
    assert [one.verdict for one in result.findings] == [Verdict.LEAK, Verdict.ERROR]
    assert result.findings[0].message == result.reason


def test_a_failed_test_alone_is_an_error() -> None:
    assert verdict_on(healthy(), failing()).verdict is Verdict.ERROR


def test_a_leak_that_may_pass_hides_no_failed_test() -> None:
    assert verdict_on(leaking(), failing(), fail_on=frozenset({Verdict.REGRESSION})).verdict is Verdict.ERROR


def test_tests_that_cannot_be_judged_are_counted_and_fail_nothing() -> None:
    result = verdict_on(healthy(), too_slow(), not_repeatable())
    assert result.verdict is Verdict.OK
    assert "1 too slow, 1 not repeatable" in result.reason


@pytest.mark.parametrize(
    ("named", "test"), [(Verdict.TOO_SLOW, too_slow()), (Verdict.NOT_REPEATABLE, not_repeatable())]
)
def test_fail_on_can_name_tests_that_cannot_be_judged(named: Verdict, test: RepeatedTest) -> None:
    result = verdict_on(healthy(), test, fail_on=DEFAULT_FAIL_ON | {named})
    assert result.verdict is named
    assert test.id in result.reason


def test_a_suite_that_the_time_limit_ended_is_an_error() -> None:
    cut = SuiteEvidence(tests=(healthy(),), runner="9.0", cut_short="the time limit was reached")
    assert verdict_on(evidence=cut).verdict is Verdict.ERROR


def test_a_planted_leak_that_is_missed_is_said() -> None:
    result = verdict_on(healthy(), expect=Expectation.LEAK)
    assert not result.passed
    assert "planted leak was not found" in result.reason


def test_budgets_of_the_config_limit_what_each_call_leaves() -> None:
    wide, narrow = (budget(Metric.BLOCKS, limit, f"{limit}/call") for limit in (2, 1))
    assert verdict_on(leaking(), budgets=(wide,)).verdict is Verdict.OK
    over = verdict_on(leaking(), budgets=(narrow,))
    assert over.verdict is Verdict.OVER_BUDGET
    assert over.tests[0].answer is TestAnswer.OVER_BUDGET
    assert "over its budget of 1/call" in over.reason


def test_the_budget_of_a_marker_stands_in_the_place_of_the_configs() -> None:
    wide = budget(Metric.BLOCKS, 9, "9/call")
    assert verdict_on(leaking(budget="1 block"), budgets=(wide,)).verdict is Verdict.OVER_BUDGET
    assert verdict_on(leaking(budget="2 blocks")).verdict is Verdict.OK


def test_the_peak_of_a_suite_is_limited_too() -> None:
    ceiling = budget(Metric.RSS, 40 * MB, "40MB", BudgetForm.PEAK)
    assert verdict_on(healthy(), budgets=(ceiling,)).verdict is Verdict.OVER_BUDGET


@pytest.mark.parametrize(
    ("marker", "per_call", "allowed"),
    [
        ("2 blocks", PerCall(blocks=2), True),
        ("2 blocks", PerCall(blocks=2.1), False),
        ("2 blocks", PerCall(blocks=1, fds=1), False),
        ("64B/test", PerCall(blocks=1, bytes=64), True),
        ("64B/test", PerCall(blocks=1, bytes=65), False),
        ("64B", PerCall(blocks=5), False),  # a block has at least 16 bytes
        ("100B", PerCall(bytes=99), True),
        ("2 blocks, 64B", PerCall(blocks=2, bytes=65), False),
        ("plenty", PerCall(blocks=1), False),
    ],
)
def test_what_a_marker_allows(marker: str, per_call: PerCall, *, allowed: bool) -> None:
    assert is_allowed(budgets_of(marker, ()), per_call) is allowed


def test_each_thing_that_grows_needs_a_budget_of_its_own() -> None:
    blocks = (budget(Metric.BLOCKS, 5, "5/call"),)
    assert not is_allowed(blocks, PerCall(blocks=1, threads=1))
    assert is_allowed((*blocks, budget(Metric.THREADS, 1, "1/call")), PerCall(blocks=1, threads=1))
    assert exceeded_by((budget(Metric.TASKS, 0, "0/call"),), PerCall(tasks=0.5))


def test_a_known_leak_that_keeps_more_in_each_call_is_a_regression() -> None:
    (leak,) = verdict_on(leaking(blocks=2)).leaks
    accepted = AcceptedLeak(signature=leak.signature, bytes_per_s=0.0, where="", blocks_per_call=2.0)
    recorded = replace(judged.entry(), leaks=(accepted,))
    assert verdict_on(leaking(blocks=2), recorded=recorded).verdict is Verdict.KNOWN
    worse = verdict_on(leaking(blocks=9), recorded=recorded)
    assert worse.verdict is Verdict.REGRESSION
    assert worse.tests[0].answer is TestAnswer.REGRESSION
    assert "the baseline records +2 blocks per call" in worse.reason


@pytest.mark.parametrize(("native", "verdict"), [(1_712, Verdict.KNOWN), (1_713, Verdict.REGRESSION)])
def test_a_known_leak_may_keep_a_quarter_and_half_a_kilobyte_more_in_each_call(native: int, verdict: Verdict) -> None:
    def leaks(per_call: int) -> RepeatedTest:
        readings = {"blocks": (1_000,) * CALLS, "native": tuple(5_000 + per_call * call for call in range(CALLS))}
        confirmed = replace(repetitions(0, answer="leak"), readings=MappingProxyType(readings))
        return replace(leaking(), confirmed=confirmed)

    (leak,) = verdict_on(leaks(960)).leaks
    accepted = AcceptedLeak(signature=leak.signature, bytes_per_s=0.0, where="", bytes_per_call=960.0)
    recorded = replace(judged.entry(), leaks=(accepted,))
    assert verdict_on(leaks(native), recorded=recorded, tolerance=0.25).verdict is verdict


def test_a_known_leak_stays_known_when_its_test_is_renamed_and_leaves_as_much_in_each_call() -> None:
    recorded = entry_of(verdict_on(leaking(blocks=20)))
    (accepted,) = recorded.leaks
    assert (accepted.where, accepted.blocks_per_call) == ("test_a.py:test_keeps", 20.0)
    renamed = verdict_on(leaking("test_a.py::test_renamed", blocks=22), recorded=recorded)
    assert (renamed.verdict, renamed.leaks[0].known_as) == (Verdict.KNOWN, accepted.signature)
    for other in (leaking("test_a.py::test_renamed", blocks=40), leaking("test_a.py::test_renamed", blocks=5)):
        assert verdict_on(other, recorded=recorded).verdict is Verdict.LEAK
    both = verdict_on(leaking(blocks=20), leaking("test_a.py::test_new", blocks=20), recorded=recorded)
    assert both.verdict is Verdict.LEAK, "the recorded one is still there, so the other one is new"


def runs(*peaks: int) -> SuiteEvidence:
    return SuiteEvidence(
        tests=(), runs=tuple(ProcessRun(seconds=0.5, peak_bytes=peak) for peak in peaks), apart="exits"
    )


@pytest.mark.parametrize(
    ("peaks", "grows"),
    [
        ([20 * MB] * 8, False),
        ([40 * MB, *(20 * MB + MB * at for at in range(6))], True),  # the first run is left out
        ([20 * MB + MB * at for at in range(6)], False),  # too few: 1 in 120 by chance
        ([20 * MB + LEAST_STEP_BYTES // 2 * at for at in range(9)], False),  # too little
        ([20 * MB, 21 * MB, 22 * MB, 21 * MB, 23 * MB, 24 * MB, 25 * MB], False),
    ],
)
def test_what_each_run_needs_more_than_the_one_before(peaks: list[int], *, grows: bool) -> None:
    assert (rise_of_each_run(peaks) > 0) is grows


def test_runs_of_their_own_are_judged_by_their_peaks() -> None:
    steady = runs(*[20 * MB] * 7)
    healthy = verdict_on(evidence=steady, repeat=True)
    assert (healthy.verdict, healthy.findings) == (Verdict.OK, ())
    assert verdict_on(evidence=runs(*(20 * MB + MB * at for at in range(8))), repeat=True).verdict is Verdict.LEAK
    ceiling = budget(Metric.RSS, 19 * MB, "19MB", BudgetForm.PEAK)
    assert verdict_on(evidence=steady, budgets=(ceiling,)).verdict is Verdict.OVER_BUDGET
    assert verdict_on(evidence=steady, baseline_peak=5 * MB).verdict is Verdict.REGRESSION


def test_runs_without_a_reading_are_an_error() -> None:
    assert verdict_on(evidence=runs(0, 0, 0)).verdict is Verdict.ERROR


def test_a_callable_is_not_called_a_test() -> None:
    result = verdict_on(leaking("shop:order"), entry=CallEntry(path="shop:order"))
    assert result.verdict is Verdict.LEAK
    assert "tests" not in result.reason


def test_a_callable_that_needs_arguments_gets_a_hint() -> None:
    entry = CallEntry(path="shop:order")
    needs = replace(failing(), text="TypeError: order() missing 1 required positional argument: 'n'")
    assert "without arguments" in verdict_on(needs, entry=entry).hint
    assert verdict_on(failing(), entry=entry).hint == ""


@pytest.mark.parametrize(
    ("peaks", "step"),
    [
        ([0, *(20 * MB + LEAST_STEP_BYTES * at for at in range(6))], LEAST_STEP_BYTES),  # just enough
        ([0, *(20 * MB + (LEAST_STEP_BYTES - 1) * at for at in range(6))], 0),
        ([0, 20 * MB, 21 * MB, 22 * MB, 22 * MB, 23 * MB, 24 * MB], 0),  # one run needed no more
        ([0, 20 * MB, 21 * MB, 22 * MB, 23 * MB, 24 * MB], 0),  # six runs are too few
        ([0, 20 * MB, 21 * MB, 23 * MB, 24 * MB, 27 * MB, 30 * MB], 2 * MB),  # the mean
    ],
)
def test_the_rise_of_each_run_is_the_mean_of_at_least_six_rises(peaks: list[int], step: float) -> None:
    assert rise_of_each_run(peaks) == step


def test_what_runs_of_their_own_say() -> None:
    few = verdict_on(evidence=runs(20 * MB, 30 * MB, 25 * MB))
    assert "3 runs of 500 ms one after another, peak 20.0 MB to 30.0 MB" in few.reason
    assert "7 are needed to see growth from run to run" in few.reason
    (trend,) = few.trends
    assert (trend.start, trend.end, trend.peak, trend.growth, trend.noise) == (
        20 * MB,
        25 * MB,
        30 * MB,
        5 * MB,
        10 * MB,
    )
    enough = verdict_on(evidence=runs(*[20 * MB] * 7))
    assert "no growth from run to run above 262 KB" in enough.reason
    assert enough.trends[0].noise == LEAST_STEP_BYTES
    rising = verdict_on(evidence=runs(*(20 * MB + MB * at for at in range(8))))
    assert "each of 8 runs needs more memory than the one before: +1.00 MB a run" in rising.reason
    assert verdict_on(evidence=runs(0, 0, 0)).trends == ()


def test_a_budget_of_the_script_on_growth_is_not_checked_by_runs_of_their_own() -> None:
    where = SourceRef("leakgate.yaml", 7, 13)
    own = replace(budget(Metric.HEAP, 9.0, "9B", BudgetForm.GROWTH), origin=where)
    unchecked = verdict_on(evidence=runs(20 * MB), budgets=(own,))
    assert (unchecked.verdict, unchecked.findings[0].where) == (Verdict.INCONCLUSIVE, where)
    assert verdict_on(evidence=runs(20 * MB), budgets=(replace(own, origin=None),)).verdict is Verdict.OK
    ceiling = replace(budget(Metric.RSS, 90 * MB, "90MB", BudgetForm.PEAK), origin=where)
    assert verdict_on(evidence=runs(20 * MB), budgets=(ceiling,)).verdict is Verdict.OK


def test_the_reason_of_a_budget_or_regression_names_the_first_test_and_of_a_callable_only_what_grew() -> None:
    limit = budget(Metric.BLOCKS, 1.0, "1 block/call")
    two = verdict_on(leaking(), leaking("test_b.py::test_more"), healthy(), budgets=(limit,))
    assert two.reason.startswith("2 of 3 tests over budget: +2 blocks")
    assert two.reason.endswith("(test_a.py::test_keeps)")
    alone = verdict_on(leaking("shop:order"), entry=CallEntry(path="shop:order"), budgets=(limit,))
    assert alone.verdict is Verdict.OVER_BUDGET
    assert alone.reason.startswith("+2 blocks")


def test_a_callable_that_fails_is_the_first_call_and_has_no_hint_on_tests() -> None:
    result = verdict_on(failing(), entry=CallEntry(path="shop:order"))
    assert result.verdict is Verdict.ERROR
    assert result.reason.startswith("the first call failed: ")
    assert result.hint == ""
    several = verdict_on(failing(), healthy())
    assert several.reason == "1 of 2 tests failed: test_a.py::test_fails"
    assert "leave out the others" in several.hint


def test_a_known_leak_beside_a_new_one_is_not_counted_as_new() -> None:
    both = verdict_on(
        leaking(), leaking("test_b.py::test_new", blocks=3, file="test_b.py"), recorded=entry_of(verdict_on(leaking()))
    )
    assert both.verdict is Verdict.LEAK
    assert both.reason.startswith("1 leak in 1 of 2 tests: +3 blocks")
    assert "at test_b.py:3 in test_new" in both.reason


def cause(size: float | None, *tests: str, signature: str = "0123456789ab", held: bool = False) -> Leak:
    holder = Holder(
        path="shop.KEPT",
        root="module shop",
        root_kind=RootKind.MODULE,
        container_type="list",
        length=9,
        grew_per_min=1.0,
    )
    known = PerCall(blocks=1.0, bytes=size) if size is not None else None
    one = judged.leak(signature=signature, holder=holder if held else None)
    return replace(one, tests=tests, per_call=known)


def test_the_cause_that_most_tests_show_comes_first_and_of_equals_the_largest() -> None:
    pair = cause(1.0, "a", "b", signature="1" * 12)
    large, larger = cause(90.0, "c", signature="2" * 12), cause(99.0, "d", signature="3" * 12)
    held, unknown = cause(1.0, "e", signature="4" * 12, held=True), cause(None, "f", signature="5" * 12)
    assert grouped([unknown, large, larger, held, pair]) == (pair, held, larger, large, unknown)


def test_one_cause_shows_the_figures_of_the_test_that_keeps_most_and_of_equals_the_first() -> None:
    few, many = cause(1.0, "a"), cause(5.0, "b")
    assert grouped([few, many]) == (replace(many, tests=("a", "b")),)
    assert grouped([many, few]) == (replace(many, tests=("b", "a")),)
    alike = replace(cause(5.0, "c"), advice="other")
    assert grouped([many, alike]) == (replace(many, tests=("b", "c")),)


def kept_by_tests(size: float, test: str, *lines: tuple[str, int], path: str = "shop.KEPT", digit: str = "1") -> Leak:
    """A leak of one holder that one test shows, with these own lines, innermost first."""
    leak = cause(size, test, signature=digit * 12, held=True)
    frames = tuple(Frame(file=f"/project/{file}", line=line, function="f") for file, line in lines)
    assert leak.holder is not None
    return replace(leak, site=replace(leak.site, frames=frames), holder=replace(leak.holder, path=path))


def test_tests_that_fill_one_holder_show_one_cause() -> None:
    one = kept_by_tests(9.0, "tests/test_a.py::test_one", ("tests/test_a.py", 3))
    two = kept_by_tests(5.0, "tests/test_a.py::test_two", ("tests/test_a.py", 8), digit="2")
    three = kept_by_tests(4.0, "tests/test_b.py::test_three", ("tests/conftest.py", 8), digit="3")
    (found,) = grouped([two, one, three])
    assert found.tests == (*two.tests, *one.tests, *three.tests)
    assert (found.signature, found.per_call, found.share) == (one.signature, one.per_call, one.share)
    assert [part.signature for part in found.parts] == [one.signature, two.signature, three.signature]
    assert [found.growth_of(part).bytes for part in found.parts] == [9.0, 5.0, 4.0]
    assert grouped([found, three]) == (replace(found, tests=(*found.tests,)),)


def test_another_line_of_the_project_another_holder_and_another_fixture_are_other_causes() -> None:
    one = kept_by_tests(9.0, "tests/test_a.py::test_one", ("shop/cart.py", 3), ("tests/test_a.py", 3))
    line = kept_by_tests(8.0, "tests/test_a.py::test_two", ("shop/cart.py", 4), ("tests/test_a.py", 3), digit="2")
    holder = kept_by_tests(7.0, "tests/test_a.py::test_two", ("tests/test_a.py", 3), path="shop.SEEN", digit="3")
    new = kept_by_tests(6.0, "tests/test_a.py::test_two", ("tests/test_a.py", 3), path="shop.OLD", digit="4")
    known = replace(new, signature="5" * 12, known=True)
    fixtures = [
        kept_by_tests(
            size, f"tests/{name}.py::test_x", (f"tests/{name}.py", 3), path="pytest.fixtures.bag", digit=digit
        )
        for size, name, digit in ((5.0, "test_a", "6"), (4.0, "test_b", "7"))
    ]
    leaks = [one, line, holder, new, known, *fixtures]
    assert {leak.signature for leak in grouped(leaks)} == {leak.signature for leak in leaks}


def allocated_below(test: str, *calls: tuple[str, Origin], digit: str, held_by: str = "") -> Leak:
    """A leak that code of packages allocates below a line of a test."""
    leak = kept_by_tests(1.0, f"tests/test_a.py::{test}", ("tests/test_a.py", 3), path=held_by, digit=digit)
    below = tuple(Frame(file=file, line=7, function="g", origin=origin) for file, origin in calls)
    site = replace(leak.site, frames=(*below, *leak.site.frames), blame=len(below))
    return replace(leak, site=site, holder=leak.holder if held_by else None)


def test_a_leak_without_a_holder_joins_the_one_that_the_same_calls_allocate() -> None:
    calls = (("/lib/python3.11/queue.py", Origin.STDLIB), ("/lib/site-packages/bus.py", Origin.PACKAGE))
    held = allocated_below("test_a", *calls, digit="1", held_by="bus.SEEN")
    two, three = (allocated_below(name, *calls, digit=name[-1]) for name in ("test_2", "test_3"))
    (found,) = grouped([two, held, three])
    assert found.holder == held.holder
    assert found.tests == (*two.tests, *held.tests, *three.tests)
    (unheld,) = grouped([two, three])
    assert unheld.tests == (*two.tests, *three.tests)
    other = allocated_below("test_4", *calls, digit="4", held_by="bus.SENT")
    assert len(grouped([held, other, two])) == 3  # either of them may keep it


def test_calls_of_the_standard_library_alone_are_no_common_cause() -> None:
    calls = (("/lib/python3.11/queue.py", Origin.STDLIB),)
    leaks = [allocated_below(f"test_{digit}", *calls, digit=digit) for digit in "23"]
    assert grouped(leaks) == tuple(leaks)
    bare = [allocated_below(f"test_{digit}", digit=digit) for digit in "45"]
    held = allocated_below("test_6", digit="6", held_by="bus.SEEN")
    assert len(grouped([*bare, held])) == 3


def test_names_of_more_than_three_tests_are_counted() -> None:
    failed = [replace(failing(), id=f"test_a.py::test_{number}") for number in range(5)]
    assert verdict_on(*failed[:3]).reason.endswith("test_a.py::test_0, test_a.py::test_1, test_a.py::test_2")
    assert verdict_on(*failed).reason.endswith("test_a.py::test_2 and 2 more")


def test_readings_of_the_highest_repetition_are_held_against_the_ceiling() -> None:
    ceiling = budget(Metric.RSS, 50 * MB, "50MB", BudgetForm.PEAK)
    assert verdict_on(healthy(), budgets=(ceiling,)).verdict is Verdict.OK
    lower = replace(ceiling, limit=50 * MB - 1)
    assert verdict_on(healthy(), budgets=(lower,)).verdict is Verdict.OVER_BUDGET
