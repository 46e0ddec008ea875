"""A suite whose parts ran on several machines is judged as if one machine had run all of it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from leakgate.model.evidence import FailureReason, RepeatedTest, SuiteEvidence, TrialFailed, TrialOk
from leakgate.model.report import TargetResult
from leakgate.model.verdict import DEFAULT_FAIL_ON, Verdict
from leakgate.verdict.joined_suite import join_parts
from leakgate.verdict.script import failed_result
from tests.unit.verdict.test_suite_verdict import failing, healthy, leaking, not_repeatable, too_slow, verdict_on

SOME = (healthy(), leaking(), failing(), too_slow(), not_repeatable(), healthy("test_b.py::test_other"))


def join(*parts: TargetResult, count: int = 0) -> TargetResult:
    return join_parts(list(enumerate(parts, start=1)), count or len(parts), DEFAULT_FAIL_ON)


@given(st.permutations(SOME), st.integers(1, 5), st.integers(1, 6))
def test_parts_give_what_the_whole_gives(tests: list[RepeatedTest], cut: int, kept: int) -> None:
    tests = tests[:kept]
    whole = verdict_on(*tests)
    joined = join(verdict_on(*tests[:cut]), verdict_on(*tests[cut:]))
    assert (joined.verdict, joined.reason, joined.hint, joined.kind) == (
        whole.verdict,
        whole.reason,
        whole.hint,
        whole.kind,
    )
    assert joined.findings == whole.findings
    assert joined.tests == whole.tests
    assert joined.leaks == whole.leaks


def test_a_part_without_tests_is_no_fault_but_a_suite_without_tests_is() -> None:
    assert join(verdict_on(healthy()), verdict_on()).verdict is Verdict.OK
    assert join(verdict_on(), verdict_on()).verdict is Verdict.ERROR


def test_one_cause_in_two_parts_is_one_leak() -> None:
    joined = join(verdict_on(leaking()), verdict_on(replace(leaking(), id="test_b.py::test_keeps")))
    assert [leak.tests for leak in joined.leaks] == [("test_a.py::test_keeps", "test_b.py::test_keeps")]
    assert "1 leak in 2 of 2 tests" in joined.reason


def test_a_module_that_no_part_can_collect_is_told_once() -> None:
    broken = SuiteEvidence(tests=(healthy(),), broken=(("test_c.py", "E   ImportError: no module"),))
    joined = join(verdict_on(evidence=broken), verdict_on(evidence=replace(broken, tests=())))
    assert joined.verdict is Verdict.ERROR
    assert len(joined.findings) == 1
    assert "test_c.py cannot be collected" in joined.reason


def test_a_part_that_is_missing_is_an_error_and_hides_no_leak() -> None:
    assert "part 2/2 of the tests" in join(verdict_on(healthy()), count=2).reason
    assert join(verdict_on(healthy()), count=2).verdict is Verdict.ERROR
    assert join(verdict_on(leaking()), count=2).verdict is Verdict.LEAK


def test_a_part_that_could_not_be_run_is_named_with_its_reason() -> None:
    healthy_part = verdict_on(healthy())
    trial = TrialFailed(reason=FailureReason.NOT_STARTED, message="pytest is not installed", hint="install it")
    failed = failed_result(healthy_part.target, replace(healthy_part.measurement, trial=trial), trial)
    joined = join(healthy_part, failed)
    assert joined.verdict is Verdict.ERROR
    assert joined.reason == "part 2/2 of the tests could not be run: pytest is not installed"
    assert joined.hint == "install it"
    assert [test.id for test in joined.tests] == [healthy().id]
    assert join(failed, failed) == failed


def test_what_a_part_says_beyond_its_tests_is_carried_although_another_finding_has_its_rule_or_verdict() -> None:
    """A broken module and a failed test are both `unmeasured` and errors, with different messages."""
    broken = SuiteEvidence(tests=(failing(),), broken=(("test_c.py", "E   ImportError: no module"),))
    joined = join(verdict_on(evidence=broken), verdict_on(healthy()))
    assert [one.message for one in joined.findings] == [
        "test_c.py cannot be collected: ImportError: no module",
        "1 of 2 tests failed: test_a.py::test_fails",
    ]


def test_the_time_of_all_parts_is_added_up() -> None:
    part = verdict_on(healthy())
    assert isinstance(part.measurement.trial, TrialOk)
    timed = replace(part, measurement=replace(part.measurement, trial=replace(part.measurement.trial, watched_s=2.0)))
    trial = join(timed, timed, timed).measurement.trial
    assert isinstance(trial, TrialOk)
    assert (trial.watched_s, trial.ending.at_s) == (6.0, 6.0)


def test_the_last_part_may_be_missing_too() -> None:
    assert "part 3/3 of the tests was not run" in join(verdict_on(healthy()), verdict_on(healthy()), count=3).reason
