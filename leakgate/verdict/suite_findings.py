"""The findings of a test suite, a callable or a repeated script: sentences about the answers on its tests."""

from collections.abc import Iterable
from typing import Final

from leakgate.blame.signature import portable_path
from leakgate.growth.counts import RESIDENT, RULE
from leakgate.model.entry import CallEntry, TestsEntry
from leakgate.model.evidence import RepeatedTest, SuiteEvidence
from leakgate.model.repeated import JudgedTest, TestAnswer, error_line
from leakgate.model.report import Finding, Leak
from leakgate.model.target import TargetSpec
from leakgate.model.verdict import Verdict
from leakgate.verdict.exclusions import excluded_in_suite
from leakgate.verdict.per_call import growth_text
from leakgate.verdict.rules.budget_rule import ceilings_exceeded

_NAMED: Final = 3
"""Tests that a sentence names; the table has all of them."""
_ANSWERED: Final = (
    TestAnswer.OK,
    TestAnswer.KNOWN,
    TestAnswer.LEAK,
    TestAnswer.OVER_BUDGET,
    TestAnswer.REGRESSION,
    TestAnswer.FAILED,
)


def run_findings(suite: SuiteEvidence) -> Iterable[Finding]:
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
            hint="keep less, or raise the budget if this is intended",
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


def _largest(causes: list[Leak], root: str) -> str:
    if not causes:
        return ""
    leak = causes[0]
    blamed = leak.place
    function = f" in {blamed.function}" if blamed.function else ""
    grows = growth_text(leak.per_call) if leak.per_call is not None else "grows"
    return f"{grows}, at {portable_path(blamed.file, root)}:{blamed.line}{function}"


def _first_of(tests: list[JudgedTest], count: int, what: str, how: str) -> str:
    """The message of the first test, with the number of tests; for a callable or script, only the message."""
    first = tests[0]
    return f"{len(tests)} of {count} tests {how}: {first.message} ({first.id})" if what == "tests" else first.message


def _is_shown_by(leak: Leak, tests: list[JudgedTest]) -> bool:
    return not {test.id for test in tests}.isdisjoint(leak.tests)


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


def _more_time(target: TargetSpec, undecided: list[JudgedTest]) -> str:
    """A hint to give tests more time; empty if all of them were repeated as often as the rule asks for."""
    stopped_by_time = any(test.repetitions not in RULE.looks() for test in undecided)
    return f"give each test more time than {target.repeating_s:g} s with --time" if stopped_by_time else ""


def _left_out(tests: tuple[JudgedTest, ...]) -> str:
    """How many tests could not be judged, and why."""
    words = {
        TestAnswer.TOO_SLOW: "too slow",
        TestAnswer.NOT_REPEATABLE: "not repeatable",
        TestAnswer.NOT_REPEATED: "not repeated",
    }
    counts = [(sum(test.answer is answer for test in tests), text) for answer, text in words.items()]
    return ", ".join(f"{count} {text}" for count, text in counts if count)


def peak_findings(target: TargetSpec, suite: SuiteEvidence) -> Iterable[Finding]:
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


def what_is_counted(target: TargetSpec) -> str:
    """The word for the repetitions of a target: ``tests``, ``calls`` or ``runs``."""
    match target.entry:
        case TestsEntry():
            return "tests"
        case CallEntry():
            return "calls"
        case _:
            return "runs"


def _of(tests: tuple[JudgedTest, ...], *answers: TestAnswer) -> list[JudgedTest]:
    return [test for test in tests if test.answer in answers]


def _names(tests: list[JudgedTest]) -> str:
    shown = ", ".join(test.id for test in tests[:_NAMED])
    return shown if len(tests) <= _NAMED else f"{shown} and {len(tests) - _NAMED} more"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
