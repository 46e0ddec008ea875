"""The verdict on a test suite, a callable or a repeated script, made of the answers on each test."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from leakgate.blame.signature import portable_path
from leakgate.growth.counts import RESIDENT, RULE
from leakgate.model.entry import CallEntry, TestsEntry
from leakgate.model.evidence import RepeatedTest, SuiteEvidence
from leakgate.model.repeated import JudgedTest, TestAnswer, error_line
from leakgate.model.report import Finding, Leak, TargetResult
from leakgate.model.session_record import Session
from leakgate.model.target import TargetSpec
from leakgate.model.verdict import Expectation, Kind, Verdict
from leakgate.verdict.exclusions import excluded_in_suite
from leakgate.verdict.one_test import Accepted, TestVerdict, judge_test
from leakgate.verdict.per_call import growth_text
from leakgate.verdict.process_runs_verdict import judge_runs
from leakgate.verdict.recognised import named_as_recorded, renamed_in_tests, with_new_names
from leakgate.verdict.rules.budget_rule import ceilings_exceeded
from leakgate.verdict.rules.registry import worst_first

_NAMED: Final = 3
"""Tests that a sentence names; the table has all of them."""


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
    findings = (*_run_findings(suite), *of_tests, *_peak_findings(session.target, suite))
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


def by_cause(verdicts: Iterable[TestVerdict]) -> tuple[Leak, ...]:
    """Each cause once, with all tests that show it; the one that most tests show comes first."""
    return grouped(leak for verdict in verdicts for leak in verdict.leaks)


def grouped(leaks: Iterable[Leak]) -> tuple[Leak, ...]:
    """Return the leaks, those with the same signature combined; the leak that most tests show comes first."""
    found: dict[str, Leak] = {}
    for leak in leaks:
        known = found.get(leak.signature)
        if known is None:
            found[leak.signature] = leak
            continue
        larger = leak if _weight(leak) > _weight(known) else known
        found[leak.signature] = replace(larger, tests=(*known.tests, *leak.tests))
    return tuple(sorted(found.values(), key=lambda leak: (-len(leak.tests), -_weight(leak))))


def _weight(leak: Leak) -> float:
    per_call = leak.per_call
    explained = 1.0 if leak.holder is not None else 0.0
    return (per_call.bytes if per_call is not None else 0.0) + 1e9 * explained


def findings_of_tests(
    target: TargetSpec,
    fail_on: frozenset[Verdict],
    root: str,
    tests: tuple[JudgedTest, ...],
    leaks: tuple[Leak, ...],
) -> Iterable[Finding]:
    """Findings from the answers on all tests. ``root``: paths in messages are relative to it."""
    what = what_is_counted(target)
    yield from _failures(_of(tests, TestAnswer.FAILED), len(tests), what)
    yield from _growth_findings(target, root, tests, leaks)
    yield from _unjudged_findings(fail_on, tests, what)
    undecided = _of(tests, TestAnswer.INCONCLUSIVE)
    if undecided:
        yield Finding(
            rule="growth",
            verdict=Verdict.INCONCLUSIVE,
            message=f"{len(undecided)} of {len(tests)} {what} not decided: {_names(undecided)}",
            hint=_more_time(target, undecided) if what == "tests" else "",
        )
    rest = _left_out(tests)
    answered = _of(tests, *_ANSWERED)
    if not answered and not undecided:
        yield Finding(
            rule="unmeasured",
            verdict=Verdict.ERROR if not tests else Verdict.INCONCLUSIVE,
            message="no test was collected" if not tests else f"no test was judged: {rest}",
        )
        return
    clean = _of(tests, TestAnswer.OK)
    alone = what != "tests" and len(clean) == 1
    message = clean[0].message if alone else f"{len(clean)} of {len(tests)} {what} leave nothing behind"
    parts = (message, "" if alone else excluded_in_suite(clean), rest)
    yield Finding(rule="growth", verdict=Verdict.OK, message="; ".join(filter(None, parts)))


def _more_time(target: TargetSpec, undecided: list[JudgedTest]) -> str:
    """A hint to give tests more time; empty if all of them were repeated as often as the rule asks for."""
    stopped_by_time = any(test.repetitions not in RULE.looks() for test in undecided)
    return f"give each test more time than {target.repeating_s:g} s with --time" if stopped_by_time else ""


_ANSWERED: Final = (
    TestAnswer.OK,
    TestAnswer.KNOWN,
    TestAnswer.LEAK,
    TestAnswer.OVER_BUDGET,
    TestAnswer.REGRESSION,
    TestAnswer.FAILED,
)


def _growth_findings(
    target: TargetSpec, root: str, tests: tuple[JudgedTest, ...], leaks: tuple[Leak, ...]
) -> Iterable[Finding]:
    """One finding for each kind of growth: leaks, exceeded budgets, regressions and known leaks."""
    count, what = len(tests), what_is_counted(target)
    if leaking := _of(tests, TestAnswer.LEAK):
        causes = [leak for leak in leaks if not leak.known and _is_shown_by(leak, leaking)]
        found = f"{_count(len(causes), 'leak')} in {len(leaking)} of {count} tests: " if what == "tests" else ""
        message = f"{found}{_largest(causes, root)}"
        yield Finding(rule="growth", verdict=Verdict.LEAK, message=message)
    if over := _of(tests, TestAnswer.OVER_BUDGET):
        yield Finding(
            rule="budget",
            verdict=Verdict.OVER_BUDGET,
            message=_first_of(over, count, what, "over budget"),
            hint="keep less, or raise the budget if this growth is intended",
            where=next((budget.origin for budget in target.budgets), None),
        )
    if worse := _of(tests, TestAnswer.REGRESSION):
        yield Finding(
            rule="growth",
            verdict=Verdict.REGRESSION,
            message=_first_of(worse, count, what, "worse than the baseline"),
            hint="find what makes it keep more, or accept it with `leakgate baseline update`",
        )
    if _of(tests, TestAnswer.KNOWN):
        known = [leak for leak in leaks if leak.known]
        yield Finding(rule="growth", verdict=Verdict.KNOWN, message=f"{_count(len(known), 'known leak')} and no other")


def _first_of(tests: list[JudgedTest], count: int, what: str, how: str) -> str:
    """The message of the first test, with the number of tests; for a callable or script, only the message."""
    first = tests[0]
    return f"{len(tests)} of {count} tests {how}: {first.message} ({first.id})" if what == "tests" else first.message


def _is_shown_by(leak: Leak, tests: list[JudgedTest]) -> bool:
    return not {test.id for test in tests}.isdisjoint(leak.tests)


def _peak_findings(target: TargetSpec, suite: SuiteEvidence) -> Iterable[Finding]:
    """Findings for ceilings of resident memory that the highest reading of all repetitions exceeds."""
    peak = max((value for test in suite.tests for value in _resident(test)), default=0)
    yield from ceilings_exceeded(target.budgets, peak)


def _resident(test: RepeatedTest) -> tuple[int, ...]:
    return tuple(
        value
        for repetitions in (test.first, test.confirmed)
        if repetitions is not None
        for value in repetitions.readings.get(RESIDENT, ())
    )


def _unjudged_findings(fail_on: frozenset[Verdict], tests: tuple[JudgedTest, ...], what: str) -> Iterable[Finding]:
    """Tests that cannot be judged are a finding only if ``fail-on`` names them; else they are only counted."""
    for verdict, answer, words in (
        (Verdict.TOO_SLOW, TestAnswer.TOO_SLOW, "too slow to be judged"),
        (Verdict.NOT_REPEATABLE, TestAnswer.NOT_REPEATABLE, "not repeatable"),
    ):
        found = _of(tests, answer)
        if found and verdict in fail_on:
            message = f"{len(found)} of {len(tests)} {what} {words}: {_names(found)}"
            yield Finding(rule="unmeasured", verdict=verdict, message=message, hint=f"{found[0].message}")


def _of(tests: tuple[JudgedTest, ...], *answers: TestAnswer) -> list[JudgedTest]:
    return [test for test in tests if test.answer in answers]


def what_is_counted(target: TargetSpec) -> str:
    """The word for the repetitions of a target: ``tests``, ``calls`` or ``runs``."""
    match target.entry:
        case TestsEntry():
            return "tests"
        case CallEntry():
            return "calls"
        case _:
            return "runs"


def _run_findings(suite: SuiteEvidence) -> Iterable[Finding]:
    """Findings for everything that prevented tests from running."""
    if suite.cut_short:
        yield Finding(rule="unmeasured", verdict=Verdict.ERROR, message=suite.cut_short)
    if suite.broken:
        name, text = suite.broken[0]
        more = f" and {len(suite.broken) - 1} more" if len(suite.broken) > 1 else ""
        what = "pytest or a plugin failed" if name == "pytest" else f"{name}{more} cannot be collected"
        yield Finding(rule="unmeasured", verdict=Verdict.ERROR, message=f"{what}: {error_line(text)}")
    if suite.missing:
        yield Finding(rule="unmeasured", verdict=Verdict.ERROR, message="some tests were not run: their process ended")


def _failures(failed: list[JudgedTest], count: int, what: str) -> Iterable[Finding]:
    if failed:
        yield Finding(
            rule="unmeasured",
            verdict=Verdict.ERROR,
            message=f"{len(failed)} of {count} tests failed: {_names(failed)}"
            if what == "tests"
            else f"the first {what[:-1]} failed: {failed[0].message}",
            hint=_hint_for_failures(failed, what),
        )


def _hint_for_failures(failed: list[JudgedTest], what: str) -> str:
    if what == "tests":
        return "leakgate repeats tests that pass; leave out the others with -k or a marker"
    if what == "calls" and "required positional argument" in failed[0].message:
        return "leakgate calls it without arguments: name a function that takes none and calls this one"
    return ""


def _largest(causes: list[Leak], root: str) -> str:
    if not causes:
        return ""
    leak = causes[0]
    blamed = leak.place
    function = f" in {blamed.function}" if blamed.function else ""
    grows = growth_text(leak.per_call) if leak.per_call is not None else "grows"
    return f"{grows}, at {portable_path(blamed.file, root)}:{blamed.line}{function}"


def _left_out(tests: tuple[JudgedTest, ...]) -> str:
    """How many tests could not be judged, and why."""
    words = {
        TestAnswer.TOO_SLOW: "too slow",
        TestAnswer.NOT_REPEATABLE: "not repeatable",
        TestAnswer.NOT_REPEATED: "not repeated",
    }
    counts = [(sum(test.answer is answer for test in tests), text) for answer, text in words.items()]
    return ", ".join(f"{count} {text}" for count, text in counts if count)


def _names(tests: list[JudgedTest]) -> str:
    shown = ", ".join(test.id for test in tests[:_NAMED])
    return shown if len(tests) <= _NAMED else f"{shown} and {len(tests) - _NAMED} more"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
