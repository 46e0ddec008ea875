"""The verdict on a test suite, a callable or a repeated script, made of the answers on each test."""

from collections.abc import Iterable
from dataclasses import replace

from leakgate.model.evidence import SuiteEvidence
from leakgate.model.report import Finding, TargetResult
from leakgate.model.session_record import Session
from leakgate.model.target import TargetSpec
from leakgate.model.verdict import Expectation, Kind, Verdict
from leakgate.verdict.causes import by_cause
from leakgate.verdict.one_test import Accepted, judge_test
from leakgate.verdict.process_runs_verdict import judge_runs
from leakgate.verdict.recognised import named_as_recorded, renamed_in_tests, with_new_names
from leakgate.verdict.rules.registry import worst_first
from leakgate.verdict.suite_findings import findings_of_tests, peak_findings, run_findings


def judge_suite(session: Session, suite: SuiteEvidence) -> TargetResult:
    """The result of a suite. The same session gives the same result, today and on another machine."""
    if suite.runs:
        return judge_runs(session, suite)
    against = Accepted(
        root=session.root,
        baseline=session.baseline,
        suppressions=session.suppressions,
        budgets=session.target.budgets,
        tolerance=session.target.tolerance,
        day=session.measurement.day,
    )
    verdicts = [judge_test(test, against) for test in suite.tests]
    leaks = by_cause(verdicts)
    renamed = renamed_in_tests(leaks, session.baseline, session.target.tolerance, session.root)
    if session.baseline is not None and renamed:
        against = replace(against, baseline=with_new_names(session.baseline, renamed))
        verdicts = [judge_test(test, against) for test in suite.tests]
        leaks = tuple(named_as_recorded(leak, renamed) for leak in by_cause(verdicts))
    tests = tuple(one.judged for one in verdicts)
    of_tests = findings_of_tests(session.target, session.fail_on, session.root, tests, leaks)
    findings = (*run_findings(suite), *of_tests, *peak_findings(session.target, suite))
    blank = TargetResult(
        target=session.target, measurement=session.measurement, verdict=Verdict.OK, reason="", kind=Kind.NONE
    )
    return concluded(replace(blank, leaks=leaks, tests=tests), findings, session.fail_on)


def concluded(result: TargetResult, findings: Iterable[Finding], fail_on: frozenset[Verdict]) -> TargetResult:
    """The result of a suite with its verdict, which follows from the findings. There is at least one finding."""
    ordered = worst_first(findings)
    decisive = _decisive(ordered, fail_on)
    worst = _missed(replace(decisive, message=_reason(decisive, ordered)), result.target)
    others = tuple(one for one in ordered if one is not decisive)
    return replace(
        result,
        verdict=worst.verdict,
        reason=worst.message,
        hint=worst.hint,
        kind=result.leaks[0].site.kind if result.leaks else Kind.NONE,
        findings=tuple(one for one in (worst, *others) if one.verdict is not Verdict.OK),
    )


def _decisive(findings: tuple[Finding, ...], fail_on: frozenset[Verdict]) -> Finding:
    """The finding that gives the verdict: a finding that fails the gate comes before tests that failed by themselves.

    A leak that was found counts even if other tests fail: the exit code is 1, and the report mentions both.
    """
    failing = next((one for one in findings if one.verdict in fail_on and one.verdict is not Verdict.ERROR), None)
    return failing or findings[0]


def _reason(worst: Finding, findings: tuple[Finding, ...]) -> str:
    """The message of the worst finding; next to a leak, it also says that something could not be measured."""
    if worst.verdict is Verdict.ERROR:
        return worst.message
    errors = [one.message for one in findings if one.verdict is Verdict.ERROR]
    return f"{worst.message}; {errors[0]}" if errors else worst.message


def _missed(worst: Finding, target: TargetSpec) -> Finding:
    """The finding; if a planted leak was expected and not found, its message says so."""
    if target.expect is not Expectation.LEAK or worst.verdict in (Verdict.LEAK, Verdict.ERROR):
        return worst
    return replace(worst, message=f"the planted leak was not found: {worst.message}")
