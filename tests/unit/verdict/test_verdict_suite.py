"""The answer on each test of a suite, and the verdict on the whole."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

import pytest

from leakgate.growth.counts import BLOCKS, NATIVE, NOT_REPEATABLE, OK, RULE
from leakgate.model.baseline import AcceptedLeak, BaselineEntry
from leakgate.model.entry import CallEntry, TestsEntry
from leakgate.model.evidence import RepeatedTest, SuiteEvidence
from leakgate.model.explanation import Explanation, Holder
from leakgate.model.metrics import Metric
from leakgate.model.origin import Origin
from leakgate.model.repeated import Excluded, PerCall, Repetitions, TestAnswer, TestOutcome
from leakgate.model.report import TargetResult
from leakgate.model.session_record import Session
from leakgate.model.suppression import Suppression, SuppressionSubject
from leakgate.model.target import Budget, BudgetForm
from leakgate.model.verdict import Kind, Verdict
from leakgate.verdict.causes import by_cause
from leakgate.verdict.one_test import Accepted, judge_test
from leakgate.verdict.per_call import budgets_of, growth_text, is_allowed
from leakgate.verdict.suite_verdict import judge_suite
from tests.helpers.judged import ROOT, measurement, resting, site, target

COUNT = 1_028
FLAT = (100_000,) * COUNT
UNSEEN = "; not counted: containers that only collect references"
EXCLUDED = "no leak above 1 block in 16 calls or 1 B of native memory per call"
AGAINST = Accepted(root=ROOT, day=date(2026, 3, 1))


def rising(per_call: float) -> tuple[int, ...]:
    return tuple(100_000 + int(per_call * at) for at in range(COUNT))


def series(count: int = COUNT, answer: str = OK, **counters: tuple[int, ...]) -> Repetitions:
    readings = {BLOCKS: FLAT, NATIVE: FLAT} | counters
    return Repetitions(
        answer=answer, count=count, stopped="repetitions", seconds=1.5, readings=MappingProxyType(readings)
    )


def repeated(first: Repetitions | None = None, **more: Any) -> RepeatedTest:
    fields = {"id": "tests/test_a.py::test_one[x]", "outcome": TestOutcome.PASSED, "file": "tests/test_a.py", "line": 7}
    return RepeatedTest(**(fields | {"first": first} | more))  # type: ignore[arg-type]


def leaky(blocks: float = 0.0, native: float = 0.0, **more: Any) -> RepeatedTest:
    """A suspect that leaks in its confirmation as well."""
    found = series(blocks=rising(blocks), native=rising(native))
    return repeated(found, confirmed=found, **more)


def holder(**more: Any) -> Holder:
    fields: dict[str, Any] = {
        "path": "shop._SEEN",
        "root": "module shop",
        "container_type": "list",
        "length": 50,
        "grew_per_min": 60.0,
    }
    return Holder(**(fields | more))


def test_a_failed_test_shows_the_line_that_says_most() -> None:
    failed = repeated(outcome=TestOutcome.FAILED, text="def test():\nE   assert 1 == 2\nE   more\n", plain_s=0.5)
    judged = judge_test(failed, AGAINST).judged
    assert (judged.answer, judged.message) == (TestAnswer.FAILED, "assert 1 == 2")
    assert (judged.repetitions, judged.seconds) == (0, 0.5)
    assert judge_test(replace(failed, text="Traceback\nValueError: x\n\n"), AGAINST).judged.message == "ValueError: x"
    assert (
        judge_test(replace(failed, text="Not supported.\n\n - a plugin\n"), AGAINST).judged.message == "Not supported."
    )
    assert judge_test(replace(failed, text="", outcome=TestOutcome.DIED), AGAINST).judged.message == "failed"
    assert len(judge_test(replace(failed, text="x" * 1_000), AGAINST).judged.message) == 300


@pytest.mark.parametrize(
    ("outcome", "text", "message"),
    [
        (TestOutcome.SKIPPED, "no network", "skipped: no network"),
        (TestOutcome.SKIPPED, "Skipped: no network", "skipped: no network"),
        (TestOutcome.XFAILED, "", "expected to fail"),
        (TestOutcome.PASSED, "", "marked not to be repeated"),
    ],
)
def test_a_test_that_was_not_repeated_says_why(outcome: TestOutcome, text: str, message: str) -> None:
    judged = judge_test(repeated(outcome=outcome, text=text), AGAINST).judged
    assert (judged.answer, judged.message) == (TestAnswer.NOT_REPEATED, message)


@pytest.mark.parametrize(("failure", "message"), [("ValueError: 2", "ValueError: 2"), ("", "a repetition failed")])
def test_a_repetition_that_failed(failure: str, message: str) -> None:
    first = replace(series(3), answer=NOT_REPEATABLE, failure=failure)
    judged = judge_test(repeated(first), AGAINST).judged
    assert (judged.answer, judged.message) == (TestAnswer.NOT_REPEATABLE, message)
    assert (judged.repetitions, judged.seconds) == (3, 1.5)


def test_a_flat_test_says_what_is_excluded() -> None:
    verdict = judge_test(repeated(series(21)), AGAINST)
    assert verdict.judged.answer is TestAnswer.OK
    assert verdict.judged.message == f"flat over 21 calls: {EXCLUDED}{UNSEEN}"
    assert verdict.judged.excluded == Excluded(blocks=1 / 16, native_bytes=1 / 16, references=False)
    blind = judge_test(repeated(series(21, native=(-1,) * COUNT)), AGAINST).judged
    assert blind.message == f"flat over 21 calls: no leak above 1 block in 16 calls{UNSEEN}"
    assert verdict.leaks == ()


def test_too_few_repetitions_are_too_slow() -> None:
    judged = judge_test(repeated(series(12)), AGAINST).judged
    assert judged.answer is TestAnswer.TOO_SLOW
    assert "12 repetitions in 1.5 s" in judged.message


def test_growth_that_neither_rests_nor_is_steady_is_not_decided() -> None:
    blocks = tuple(100_000 + 40 * int(at**0.5) for at in range(COUNT))
    judged = judge_test(repeated(series(blocks=blocks)), AGAINST).judged
    assert judged.answer is TestAnswer.INCONCLUSIVE
    assert judged.message.startswith("blocks ")


def test_a_steady_rise_that_was_not_confirmed_says_so() -> None:
    judged = judge_test(repeated(series(blocks=rising(3))), AGAINST).judged
    assert judged.answer is TestAnswer.INCONCLUSIVE
    assert judged.message.startswith(f"blocks grew steadily in {COUNT} calls, but the longer run")
    reason = "the test does not pass when it runs alone: KeyError"
    assert judge_test(repeated(series(blocks=rising(3)), text=reason), AGAINST).judged.message.endswith(f": {reason}")


def test_more_time_is_advised_only_where_the_time_was_over() -> None:
    of_time = replace(series(blocks=rising(3)[:300], native=FLAT[:300]), count=300, stopped="time")
    decided = replace(series(blocks=rising(3)[:260], native=FLAT[:260]), count=260, stopped="decided")
    assert "--time" in suite(repeated(of_time)).hint
    assert suite(repeated(decided)).hint == ""


def test_an_ok_of_readings_that_scatter_says_how_much_in_each_call_it_excludes() -> None:
    blocks = tuple(100_000 + (at % 40) for at in range(COUNT))
    judged = judge_test(repeated(series(blocks=blocks)), AGAINST).judged
    assert judged.answer is TestAnswer.OK
    assert "in 1 calls" not in judged.message


def test_a_leak_without_an_explanation_is_at_the_test_itself() -> None:
    verdict = judge_test(leaky(3, 2_000), AGAINST)
    assert verdict.judged.answer is TestAnswer.LEAK
    assert verdict.judged.per_call == PerCall(blocks=3.0, bytes=2_000.0)
    (leak,) = verdict.leaks
    assert verdict.judged.leaks == (leak.signature,)
    assert leak.tests == ("tests/test_a.py::test_one[x]",)
    assert (leak.site.blamed.file, leak.site.blamed.line, leak.site.blamed.function) == (
        "tests/test_a.py",
        7,
        "test_one",
    )
    assert (leak.site.grew_bytes, leak.site.grew_blocks, leak.site.kind) == (2_000, 3, Kind.PYTHON)


def test_native_growth_alone_is_of_an_extension() -> None:
    (leak,) = judge_test(leaky(native=2_000, line=0), AGAINST).leaks
    assert leak.site.kind is Kind.NATIVE
    assert leak.site.blamed.line == 1
    assert leak.per_call == PerCall(bytes=2_000.0)


def test_the_confirmation_decides_over_the_first_repetitions() -> None:
    assert judge_test(repeated(series(blocks=rising(3)), confirmed=series(21)), AGAINST).judged.answer is TestAnswer.OK


def traced(*sites: Any, calls: int = 10, **more: Any) -> RepeatedTest:
    return leaky(3, explanation=Explanation(window_s=1.0, sites=sites, **more), calls=calls)


def test_places_that_grew_in_every_call_are_named_with_their_shares() -> None:
    large = replace(site("fill", share=0.6), grew_blocks=20, grew_bytes=2_000)
    small = replace(site("log", share=0.2), grew_blocks=10, grew_bytes=1_000)
    once = replace(site("once", share=0.2), grew_blocks=1, grew_bytes=90_000)
    verdict = judge_test(traced(large, small, once), AGAINST)
    assert [leak.site.blamed.function for leak in verdict.leaks] == ["fill", "log"]
    assert [leak.share for leak in verdict.leaks] == pytest.approx([0.75, 0.25])
    assert verdict.judged.per_call.bytes == pytest.approx(3 * 100)
    per_call = [leak.per_call for leak in verdict.leaks]
    assert [one.blocks for one in per_call if one is not None] == pytest.approx([2.25, 0.75])
    assert [one.bytes for one in per_call if one is not None] == pytest.approx([225, 75])


def test_what_the_test_runner_keeps_for_itself_is_no_cause_beside_a_place_of_the_project() -> None:
    own = replace(site("fill", share=0.5), grew_blocks=15)
    library = replace(own, frames=(replace(own.frames[0], origin=Origin.PACKAGE, file="/lib/_pytest/fixtures.py"),))
    assert [leak.site for leak in judge_test(traced(own, library), AGAINST).leaks] == [replace(own, share=1.0)]
    (leak,) = judge_test(traced(library), AGAINST).leaks
    assert leak.site.blamed.file == "/lib/_pytest/fixtures.py"


def test_small_and_large_blocks_of_a_place_are_added_up() -> None:
    buffers = replace(
        site("fill"), grew_blocks=60, grew_bytes=30 * 56 + 30 * 601, large_blocks=30, large_bytes=30 * 601
    )
    explanation = Explanation(window_s=1.0, sites=(buffers,))

    def bytes_of(native: float) -> float:
        return judge_test(leaky(6, native, explanation=explanation, calls=10), AGAINST).judged.per_call.bytes

    assert bytes_of(0) == pytest.approx(3 * 56 + 3 * 601)
    assert bytes_of(3 * 616) == pytest.approx(3 * 56 + 3 * 616)


def test_a_container_with_room_is_no_leak_and_a_full_one_is() -> None:
    place = replace(site("fill"), grew_blocks=30)
    held = holder(writer=place.blamed, frames=place.frames)
    for bound, answer in ((100, TestAnswer.OK), (50, TestAnswer.LEAK), (None, TestAnswer.LEAK)):
        found = judge_test(traced(place, holders=(replace(held, bound=bound),)), AGAINST)
        assert found.judged.answer is answer, bound
    assert (
        "shop._SEEN (at most 100)"
        in judge_test(traced(place, holders=(replace(held, bound=100),)), AGAINST).judged.message
    )


def test_a_suppressed_leak_is_known() -> None:
    accepted = Suppression(subject=SuppressionSubject.SITE, pattern="worker.py:fill", reason="by design")
    against = replace(AGAINST, suppressions=(accepted,))
    assert judge_test(traced(replace(site("fill"), grew_blocks=30)), against).judged.answer is TestAnswer.KNOWN
    assert judge_test(traced(replace(site("log"), grew_blocks=30)), against).judged.answer is TestAnswer.LEAK


@pytest.mark.parametrize(
    ("budget", "within"),
    [
        ("3 blocks", True),
        ("3 blocks/call", True),
        ("2.9 blocks", False),
        ("300B", True),
        ("299B/call", False),
        ("3 blocks, 300B", True),
        ("3 blocks, 299B", False),
        ("2 blocks, 300B", False),
        ("3 apples", False),
        ("", False),
    ],
)
def test_a_budget_limits_blocks_bytes_or_both(budget: str, *, within: bool) -> None:
    assert is_allowed(budgets_of(budget, ()), PerCall(blocks=3.0, bytes=300.0)) is within


@pytest.mark.parametrize("more", ["fds", "threads", "tasks"])
def test_descriptors_threads_and_tasks_are_within_no_budget(more: str) -> None:
    assert not is_allowed(budgets_of("100 blocks, 1MB", ()), PerCall(blocks=3.0, bytes=300.0, **{more: 1.0}))


def test_a_test_within_its_budget_is_ok() -> None:
    suspect = leaky(3, budget="3 blocks")
    assert judge_test(suspect, AGAINST).judged.answer is TestAnswer.OK
    assert judge_test(replace(suspect, budget="2 blocks"), AGAINST).judged.answer is TestAnswer.OVER_BUDGET


@pytest.mark.parametrize(
    ("per_call", "text"),
    [
        (PerCall(blocks=18.0, bytes=1_200.0), "+18 blocks (1.20 KB) per call"),
        (PerCall(blocks=1.0), "+1 block per call"),
        (PerCall(blocks=1.004), "+1 block per call"),
        (PerCall(blocks=0.25), "+0.25 blocks per call"),
        (PerCall(blocks=12.4), "+12 blocks per call"),
        (PerCall(blocks=2.5), "+2.5 blocks per call"),
        (PerCall(bytes=1.0), "+1 B per call"),
        (PerCall(bytes=0.9, fds=1.0), "+1 descriptor per call"),
        (PerCall(threads=1.0, tasks=2.0), "+1 thread, +2 asyncio tasks per call"),
        (PerCall(), "grows"),
    ],
)
def test_growth_in_words(per_call: PerCall, text: str) -> None:
    assert growth_text(per_call) == text


def test_a_rise_of_descriptors_is_no_memory() -> None:
    looks = tuple(10 + at for at in (RULE.warm, *RULE.looks()))
    found = series(fds=looks)
    verdict = judge_test(repeated(found, confirmed=found), AGAINST)
    assert verdict.judged.answer is TestAnswer.LEAK
    assert verdict.judged.per_call == PerCall(fds=1.0)


def test_a_cause_is_listed_once_with_all_its_tests() -> None:
    many: Callable[[str], RepeatedTest] = lambda name: replace(  # noqa: E731
        traced(replace(site("fill"), grew_blocks=30)), id=name
    )
    other = replace(traced(replace(site("log"), grew_blocks=30)), id="c")
    causes = by_cause([judge_test(one, AGAINST) for one in (other, many("a"), many("b"))])
    assert [(leak.site.blamed.function, leak.tests) for leak in causes] == [("fill", ("a", "b")), ("log", ("c",))]


FLAT_TEST = repeated(series(21), id="flat")
FAILED_TEST = repeated(outcome=TestOutcome.FAILED, text="E boom", id="failed")
SKIPPED_TEST = repeated(outcome=TestOutcome.SKIPPED, id="skipped")
OPEN_TEST = repeated(series(blocks=tuple(100_000 + 40 * int(at**0.5) for at in range(COUNT))), id="open")
LEAKY_TEST = leaky(3, id="leaky")


def suite(*tests: RepeatedTest, suppressed: str = "", **more: Any) -> TargetResult:
    evidence = SuiteEvidence(tests=tests, runner="9.0", time_s=2.0, **more)
    accepted = (Suppression(subject=SuppressionSubject.SITE, pattern=suppressed, reason="by design"),)
    session = Session(
        target=replace(target(), entry=TestsEntry(words=())),
        measurement=measurement(resting()),
        root=ROOT,
        suppressions=accepted if suppressed else (),
    )
    return judge_suite(session, evidence)


@pytest.mark.parametrize(
    ("tests", "verdict", "message"),
    [
        ((FLAT_TEST, SKIPPED_TEST), Verdict.OK, f"1 of 2 tests leave nothing behind; {EXCLUDED}; 1 not repeated"),
        ((FLAT_TEST,), Verdict.OK, f"1 of 1 tests leave nothing behind; {EXCLUDED}"),
        ((FLAT_TEST, FAILED_TEST), Verdict.ERROR, "1 of 2 tests failed: failed"),
        ((FAILED_TEST,) * 5, Verdict.ERROR, "5 of 5 tests failed: failed, failed, failed and 2 more"),
        ((FAILED_TEST,) * 3, Verdict.ERROR, "3 of 3 tests failed: failed, failed, failed"),
        ((FLAT_TEST, OPEN_TEST), Verdict.INCONCLUSIVE, "1 of 2 tests not decided: open"),
        ((SKIPPED_TEST,), Verdict.INCONCLUSIVE, "no test was judged: 1 not repeated"),
        ((), Verdict.ERROR, "no test was collected"),
        (
            (FLAT_TEST, LEAKY_TEST),
            Verdict.LEAK,
            "1 leak in 1 of 2 tests: +3 blocks per call, at tests/test_a.py:7 in leaky",
        ),
    ],
)
def test_the_worst_answer_is_that_of_the_suite(tests: tuple[RepeatedTest, ...], verdict: Verdict, message: str) -> None:
    found = suite(*tests)
    assert (found.verdict, found.reason) == (verdict, message)
    assert [one.answer for one in found.tests] == [judge_test(one, AGAINST).judged.answer for one in tests]
    assert found.kind is (Kind.PYTHON if verdict is Verdict.LEAK else Kind.NONE)
    assert Verdict.OK not in {one.verdict for one in found.findings}


def test_a_leak_and_a_failure_are_both_reported() -> None:
    found = suite(LEAKY_TEST, FAILED_TEST)
    assert {one.verdict for one in found.findings} == {Verdict.LEAK, Verdict.ERROR}
    assert found.kind is Kind.PYTHON


def test_a_suite_whose_leaks_are_known_is_known() -> None:
    found = suite(LEAKY_TEST, FLAT_TEST, suppressed="tests/test_a.py:leaky")
    assert (found.verdict, found.reason) == (Verdict.KNOWN, "1 known leak and no other")
    assert [leak.known for leak in found.leaks] == [True]


@pytest.mark.parametrize(("broken", "more"), [(1, ""), (3, " and 2 more")])
def test_a_module_that_cannot_be_collected_is_an_error(broken: int, more: str) -> None:
    found = suite(FLAT_TEST, broken=(("tests/test_b.py", "E   SyntaxError: x"),) * broken)
    assert (found.verdict, found.reason) == (
        Verdict.ERROR,
        f"tests/test_b.py{more} cannot be collected: SyntaxError: x",
    )


def test_an_error_of_pytest_or_a_plugin_says_so() -> None:
    found = suite(FLAT_TEST, broken=(("pytest", "E   RuntimeError: x"),))
    assert (found.verdict, found.reason) == (Verdict.ERROR, "pytest or a plugin failed: RuntimeError: x")


def test_tests_that_were_never_run_are_an_error() -> None:
    assert suite(FLAT_TEST, missing=2).verdict is Verdict.ERROR


def shares_of(*places: tuple[str, float, int], blocks: float = 3.0, native: float = 0.0) -> dict[str, float]:
    """The shares of the named places, each given as function, share of the growth, and blocks in 10 calls."""
    sites = tuple(replace(site(name, share=share), grew_blocks=grew) for name, share, grew in places)
    test = leaky(blocks, native, explanation=Explanation(window_s=1.0, sites=sites), calls=10)
    return {leak.site.blamed.function: round(leak.share, 3) for leak in judge_test(test, AGAINST).leaks}


def test_a_place_explains_growth_in_each_call_from_twelve_percent_of_the_blocks() -> None:
    assert shares_of(("fill", 0.5, 90), ("log", 0.5, 12), blocks=10.0) == {"fill": 0.5, "log": 0.5}
    assert shares_of(("fill", 0.5, 90), ("log", 0.5, 11), blocks=10.0) == {"fill": 1.0}


def test_a_place_of_native_memory_matters_from_twelve_percent_of_the_growth() -> None:
    assert shares_of(("fill", 0.88, 0), ("log", 0.12, 0), blocks=0.0, native=500.0) == {"fill": 0.88, "log": 0.12}
    assert shares_of(("fill", 0.89, 0), ("log", 0.11, 0), blocks=0.0, native=500.0) == {"fill": 1.0}


def test_sizes_are_taken_from_places_with_twelve_percent_of_the_blocks() -> None:
    def size(blocks: int) -> float:
        large = replace(site("fill"), grew_blocks=88, grew_bytes=8_800)
        small = replace(site("log"), grew_blocks=blocks, grew_bytes=1_000 * blocks)
        explanation = Explanation(window_s=1.0, sites=(large, small))
        return judge_test(leaky(10, explanation=explanation, calls=10), AGAINST).judged.per_call.bytes

    assert size(12) == pytest.approx(10 * (8_800 + 12_000) / 100)
    assert size(11) == pytest.approx(10 * 100)


def test_only_what_was_to_be_confirmed_and_was_not_is_said_to_be_unconfirmed() -> None:
    wanders = tuple(100_000 + 40 * int(at**0.5) for at in range(COUNT))
    slow = judge_test(repeated(series(12, blocks=rising(3)[:12], native=FLAT[:12])), AGAINST).judged
    assert (slow.answer, "confirms a leak" in slow.message) == (TestAnswer.TOO_SLOW, False)
    confirmed = repeated(series(blocks=rising(3)), confirmed=series(blocks=wanders))
    assert "confirms a leak" not in judge_test(confirmed, AGAINST).judged.message


def known_as(blocks: float, size: float, now_blocks: int, now_bytes: int, *, suppressed: bool = False) -> TestAnswer:
    """The answer on a test whose leak the baseline records with so many blocks and bytes a call; tolerance 25 %."""
    place = replace(site("fill"), grew_blocks=10 * now_blocks, grew_bytes=10 * now_bytes)
    test = leaky(now_blocks, explanation=Explanation(window_s=1.0, sites=(place,)), calls=10)
    (leak,) = judge_test(test, AGAINST).leaks
    accepted = AcceptedLeak(
        signature=leak.signature, bytes_per_s=0.0, where="", blocks_per_call=blocks, bytes_per_call=size
    )
    entry = BaselineEntry(verdict=Verdict.KNOWN, peak_bytes=0, growth_bytes_per_s=0.0, leaks=(accepted,))
    against = replace(AGAINST, baseline=entry, tolerance=0.25)
    if suppressed:
        wanted = Suppression(subject=SuppressionSubject.SITE, pattern="worker.py:fill", reason="by design")
        against = replace(against, suppressions=(wanted,))
    return judge_test(test, against).judged.answer


def test_a_known_leak_may_keep_a_quarter_and_one_block_more_in_each_call() -> None:
    assert known_as(4.0, 0.0, 6, 9_000) is TestAnswer.KNOWN
    assert known_as(4.0, 0.0, 7, 9_000) is TestAnswer.REGRESSION
    assert known_as(0.0, 0.0, 7, 9_000) is TestAnswer.KNOWN, "an entry without figures compares nothing"
    assert known_as(0.0, 400.0, 7, 1_012) is TestAnswer.KNOWN
    assert known_as(0.0, 400.0, 7, 1_013) is TestAnswer.REGRESSION
    assert known_as(4.0, 400.0, 99, 9_000, suppressed=True) is TestAnswer.KNOWN


def test_native_memory_is_covered_by_its_own_budget_and_blocks_are_not() -> None:
    native = Budget(metric=Metric.NATIVE, form=BudgetForm.ITERATION, limit=100.0, text="100B/call")
    blocks = replace(native, metric=Metric.BLOCKS, limit=100.0)
    assert is_allowed((native,), PerCall(bytes=90.0))
    assert not is_allowed((native,), PerCall(bytes=101.0))
    assert not is_allowed((native,), PerCall(blocks=1.0, bytes=90.0))
    assert not is_allowed((blocks,), PerCall(bytes=90.0)), "memory of the C allocator is not counted in blocks"
    assert is_allowed((native, blocks), PerCall(blocks=1.0, bytes=900.0)), "bytes of blocks are not native memory"


def test_more_time_helps_tests_and_no_callable() -> None:
    of_time = replace(series(blocks=rising(3)[:300], native=FLAT[:300]), count=300, stopped="time")
    assert "--time" in suite(repeated(of_time)).hint
    session = Session(
        target=replace(target(), entry=CallEntry(path="shop:order")),
        measurement=replace(measurement(resting()), suite=SuiteEvidence(tests=(repeated(of_time),))),
    )
    assert judge_suite(session, SuiteEvidence(tests=(repeated(of_time),))).hint == ""
