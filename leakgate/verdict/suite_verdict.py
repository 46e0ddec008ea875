"""The verdict on a test suite or a callable: an answer for each test, and from these the verdict on the whole."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from leakgate.blame.signature import portable_path, signature_of
from leakgate.growth.counts import (
    BLOCKS,
    DESCRIPTORS,
    LEAK,
    NATIVE,
    NOT_REPEATABLE,
    OK,
    RESIDENT,
    RULE,
    TASKS,
    THREADS,
    TOO_SLOW,
    CounterJudgement,
    CountJudgement,
    judge_counts,
)
from leakgate.model.baseline import BaselineEntry
from leakgate.model.evidence import Frame, GrowthSite, Holder, RepeatedTest, SuiteEvidence
from leakgate.model.repeated import JudgedTest, PerCall, Repetitions, TestAnswer, TestOutcome
from leakgate.model.report import Finding, Leak, TargetResult
from leakgate.model.session_record import Session
from leakgate.model.suppression import Suppression
from leakgate.model.units import format_size, parse_size
from leakgate.model.verdict import Kind, Verdict
from leakgate.verdict.known import MIN_NEW_SHARE, by_holder, mark_known, name_leaks
from leakgate.verdict.rules.registry import worst_first

_NOT_REPEATED: Final = {TestOutcome.SKIPPED: "skipped", TestOutcome.XFAILED: "expected to fail"}
_LONGEST_MESSAGE: Final = 300
_NAMED: Final = 3
"""Tests that a sentence names; the table has all of them."""


def judge_suite(session: Session, suite: SuiteEvidence) -> TargetResult:
    """The result of a suite. The same session gives the same result, today and on another machine."""
    against = Accepted(
        root=session.root,
        baseline=session.baseline,
        suppressions=session.suppressions,
        day=session.measurement.day,
    )
    verdicts = [judge_test(test, against) for test in suite.tests]
    leaks = by_cause(verdicts)
    tests = tuple(one.judged for one in verdicts)
    findings = worst_first(tuple(_findings(suite, tests, leaks, session.root)))
    worst = findings[0]
    leaking = worst.verdict not in (Verdict.OK, Verdict.ERROR) or bool(leaks)
    return TargetResult(
        target=session.target,
        measurement=session.measurement,
        verdict=worst.verdict,
        reason=worst.message,
        hint=worst.hint,
        kind=_kind(leaks) if leaking else Kind.NONE,
        findings=tuple(one for one in findings if one.verdict is not Verdict.OK),
        leaks=leaks,
        tests=tests,
    )


@dataclass(frozen=True, slots=True)
class Accepted:
    """What tests are judged against."""

    root: str
    """The project's folder."""
    baseline: BaselineEntry | None = None
    suppressions: tuple[Suppression, ...] = ()
    day: date = date.min
    """Suppressions expire by it."""


@dataclass(frozen=True, slots=True)
class TestVerdict:
    """The answer on one test, and the leaks that it shows."""

    __test__ = False

    judged: JudgedTest
    leaks: tuple[Leak, ...] = ()


def judge_test(test: RepeatedTest, against: Accepted) -> TestVerdict:
    """The answer on one test, from its readings alone."""
    repetitions = test.deciding
    if test.outcome in (TestOutcome.FAILED, TestOutcome.DIED):
        return _plain(test, TestAnswer.FAILED, _error_line(test.text) or "failed")
    if repetitions is None:
        reason = _NOT_REPEATED.get(test.outcome, "marked not to be repeated")
        return _plain(test, TestAnswer.NOT_REPEATED, f"{reason}: {test.text}" if test.text else reason)
    if repetitions.answer == NOT_REPEATABLE:
        return _plain(test, TestAnswer.NOT_REPEATABLE, repetitions.failure or "a repetition failed")
    judged = _judge(repetitions, confirming=test.confirmed is not None)
    if judged.answer == LEAK:
        return _leak(test, judged, against)
    answer, message = _without_leak(judged, repetitions)
    return _plain(test, answer, message, _growth(judged, test))


def _without_leak(judged: CountJudgement, repetitions: Repetitions) -> tuple[TestAnswer, str]:
    if judged.answer == TOO_SLOW:
        took = f"{repetitions.count} repetitions in {repetitions.seconds:.1f} s"
        return TestAnswer.TOO_SLOW, f"only {took}; {RULE.least} are needed"
    if judged.answer == OK:
        return TestAnswer.OK, _excludes(judged)
    return TestAnswer.INCONCLUSIVE, _undecided(judged)


def _judge(repetitions: Repetitions, *, confirming: bool) -> CountJudgement:
    final = repetitions.stopped != "decided"
    return judge_counts(repetitions.readings, repetitions.count, final=final, confirming=confirming)


def _plain(test: RepeatedTest, answer: TestAnswer, message: str, per_call: PerCall | None = None) -> TestVerdict:
    repetitions = test.deciding
    return TestVerdict(
        JudgedTest(
            id=test.id,
            answer=answer,
            message=message,
            repetitions=repetitions.count if repetitions is not None else 0,
            seconds=repetitions.seconds if repetitions is not None else test.plain_s,
            per_call=per_call or PerCall(),
            file=test.file,
            line=test.line,
        )
    )


def _leak(test: RepeatedTest, judged: CountJudgement, against: Accepted) -> TestVerdict:
    per_call = _growth(judged, test)
    named = _named(test, per_call, against.root)
    if is_within(test.budget, per_call):
        return _plain(test, TestAnswer.OK, f"{growth_text(per_call)}, within its budget of {test.budget}", per_call)
    if named and all(_has_room(leak.holder) for leak in named):
        fills = ", ".join(
            f"{one.holder.path} (at most {one.holder.bound:,})" for one in named if one.holder is not None
        )
        return _plain(test, TestAnswer.OK, f"fills a container with a limit: {fills}", per_call)
    marked = mark_known(named, against.baseline, against.suppressions, against.root, against.day)
    leaks = tuple(replace(leak, per_call=_share_of(per_call, leak), tests=(test.id,)) for leak in by_holder(marked))
    known = all(leak.known for leak in leaks)
    verdict = _plain(test, TestAnswer.KNOWN if known else TestAnswer.LEAK, growth_text(per_call), per_call)
    signatures = tuple(leak.signature for leak in leaks)
    return TestVerdict(replace(verdict.judged, leaks=signatures), leaks)


def is_within(budget: str, per_call: PerCall) -> bool:
    """Whether growth a call is within the budget of a marker: ``2 blocks``, ``128B`` or both, separated by a comma.

    A budget that limits blocks or bytes says nothing of descriptors, threads and tasks: these are never within it. What
    is no budget allows nothing.
    """
    allowed: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in budget.split(","))):
        text = re.sub(r"/(call|test|iteration|request)$", "", part).strip()
        if count := re.fullmatch(r"(\d+(?:\.\d+)?)\s*blocks?", text):
            allowed["blocks"] = float(count[1])
        else:
            try:
                allowed["bytes"] = float(parse_size(text))
            except ValueError:
                return False
    if not allowed or per_call.fds or per_call.threads or per_call.tasks:
        return False
    return all(getattr(per_call, name) <= limit for name, limit in allowed.items())


def _has_room(holder: Holder | None) -> bool:
    return holder is not None and holder.bound is not None and holder.length < holder.bound


def _named(test: RepeatedTest, per_call: PerCall, root: str) -> tuple[Leak, ...]:
    """The leaks of a test: the places that its explanation names, else the test itself."""
    named = _of_every_call(name_leaks(test.explanation, root), per_call, test.calls)
    if not named:
        site = _own_site(test, per_call)
        named = (Leak(signature=signature_of(site, None, root), site=site),)
    return named


def _of_every_call(leaks: tuple[Leak, ...], per_call: PerCall, calls: int) -> tuple[Leak, ...]:
    """The places that the growth of each call comes from, with their shares of it.

    The counters are exact, tracing sees a few dozen calls only: what grew there once or twice is not what grows by so
    many blocks in each call.
    """
    if per_call.blocks > 0:
        least = MIN_NEW_SHARE * per_call.blocks * calls
        kept = [leak for leak in leaks if leak.site.grew_blocks >= least]
    else:
        kept = [leak for leak in leaks if leak.site.share >= MIN_NEW_SHARE]
    whole = sum(leak.site.share for leak in kept)
    return tuple(replace(leak, site=replace(leak.site, share=leak.site.share / whole)) for leak in kept)


def _own_site(test: RepeatedTest, per_call: PerCall) -> GrowthSite:
    """The test itself, where no place is known."""
    name = test.id.rpartition("::")[2].partition("[")[0]
    return GrowthSite(
        frames=(Frame(file=test.file or test.id, line=max(1, test.line), function=name),),
        grew_bytes=round(per_call.bytes),
        grew_blocks=round(per_call.blocks),
        bytes_per_s=0.0,
        share=1.0,
        kind=Kind.PYTHON if per_call.blocks > 0 else Kind.NATIVE,
    )


def _share_of(per_call: PerCall, leak: Leak) -> PerCall:
    return PerCall(
        blocks=per_call.blocks * leak.share if leak.site.kind is Kind.PYTHON else 0.0,
        bytes=per_call.bytes * leak.share,
        fds=per_call.fds,
        threads=per_call.threads,
        tasks=per_call.tasks,
    )


def _growth(judged: CountJudgement, test: RepeatedTest) -> PerCall:
    """What a test leaves behind in each call: blocks counted, bytes traced."""

    def rise(name: str) -> float:
        one = judged.counter(name)
        return one.per_call if one is not None and one in judged.rising else 0.0

    blocks, native = rise(BLOCKS), rise(NATIVE)
    known = test.explanation
    size = native
    if known is not None and blocks > 0:
        least = max(1.0, MIN_NEW_SHARE * blocks * test.calls)
        sites = [site for site in known.sites if site.kind is Kind.PYTHON and site.grew_blocks >= least]
        grew = sum(site.grew_blocks for site in sites)
        size = max(native, blocks * sum(site.grew_bytes for site in sites) / grew) if grew else native
    return PerCall(
        blocks=blocks,
        bytes=size or rise(RESIDENT),
        fds=rise(DESCRIPTORS),
        threads=rise(THREADS),
        tasks=rise(TASKS),
    )


def growth_text(per_call: PerCall) -> str:
    """What is left behind in each call, in words: ``+18 blocks (1.2 KB) a call``."""
    parts = []
    size = format_size(per_call.bytes) if per_call.bytes >= 1 else ""
    if per_call.blocks > 0:
        noun = "block" if per_call.blocks == 1 else "blocks"
        parts.append(f"{_number(per_call.blocks)} {noun}" + (f" ({size})" if size else ""))
    elif size:
        parts.append(size)
    for count, name in (
        (per_call.fds, "descriptors"),
        (per_call.threads, "threads"),
        (per_call.tasks, "asyncio tasks"),
    ):
        if count > 0:
            parts.append(f"{_number(count)} {name}")
    return f"+{', +'.join(parts)} a call" if parts else "grows"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == round(value) else f"{value:.2g}"


def _excludes(judged: CountJudgement) -> str:
    """What an ``ok`` excludes."""
    blocks, native = judged.counter(BLOCKS), judged.counter(NATIVE)
    parts = []
    if blocks is not None and blocks.state == "rest":
        parts.append(_least(blocks, "block"))
    if native is not None and native.state == "rest":
        parts.append(f"{format_size(max(1.0, native.excludes))} of native memory a call")
    return f"flat over {judged.repetitions} calls; excluded: {', '.join(parts)}" if parts else "flat"


def _least(one: CounterJudgement, unit: str) -> str:
    if one.excludes < 1:
        return f"1 {unit} in {round(1 / one.excludes)} calls"
    return f"{_number(one.excludes)} {unit}s a call"


def _undecided(judged: CountJudgement) -> str:
    moving = [one for one in judged.counters if one.state in ("open", "rises")]
    names = ", ".join(one.counter for one in moving)
    return f"{names} did not come to rest in {judged.repetitions} calls, and did not grow steadily"


def by_cause(verdicts: Iterable[TestVerdict]) -> tuple[Leak, ...]:
    """Each cause once, with all tests that show it; the one that most tests show comes first."""
    found: dict[str, Leak] = {}
    for verdict in verdicts:
        for leak in verdict.leaks:
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


def _kind(leaks: tuple[Leak, ...]) -> Kind:
    return leaks[0].site.kind if leaks else Kind.NONE


def _findings(
    suite: SuiteEvidence, tests: tuple[JudgedTest, ...], leaks: tuple[Leak, ...], root: str
) -> Iterable[Finding]:
    def of(*answers: TestAnswer) -> list[JudgedTest]:
        return [test for test in tests if test.answer in answers]

    what = "tests" if suite.runner else "calls"
    yield from _errors(suite, of(TestAnswer.FAILED), len(tests))
    leaking = of(TestAnswer.LEAK)
    if leaking:
        causes = [leak for leak in leaks if not leak.known]
        yield Finding(
            rule="growth",
            verdict=Verdict.LEAK,
            message=f"{_count(len(causes), 'leak')} in {len(leaking)} of {len(tests)} {what}: {_largest(causes, root)}",
        )
    undecided = of(TestAnswer.INCONCLUSIVE)
    if undecided:
        yield Finding(
            rule="growth",
            verdict=Verdict.INCONCLUSIVE,
            message=f"{len(undecided)} of {len(tests)} {what} not decided: {_names(undecided)}",
            hint=f"give each test more time than {suite.time_s:g} s with --time",
        )
    judged = of(TestAnswer.OK, TestAnswer.KNOWN, *((TestAnswer.LEAK,) if leaking else ()))
    if of(TestAnswer.KNOWN):
        yield Finding(rule="growth", verdict=Verdict.KNOWN, message=f"{_count(len(leaks), 'known leak')} and no other")
    if not judged and not undecided and not of(TestAnswer.FAILED):
        yield Finding(
            rule="unmeasured",
            verdict=Verdict.ERROR if not tests else Verdict.INCONCLUSIVE,
            message="no test was collected" if not tests else f"no test was judged: {_left_out(tests)}",
        )
    else:
        rest = _left_out(tests)
        yield Finding(
            rule="growth",
            verdict=Verdict.OK,
            message=f"{len(of(TestAnswer.OK))} of {len(tests)} {what} leave nothing behind"
            + (f"; {rest}" if rest else ""),
        )


def _errors(suite: SuiteEvidence, failed: list[JudgedTest], count: int) -> Iterable[Finding]:
    if suite.broken:
        name, text = suite.broken[0]
        more = f" and {len(suite.broken) - 1} more" if len(suite.broken) > 1 else ""
        yield Finding(
            rule="unmeasured", verdict=Verdict.ERROR, message=f"{name}{more} cannot be collected: {_error_line(text)}"
        )
    if failed:
        yield Finding(
            rule="unmeasured",
            verdict=Verdict.ERROR,
            message=f"{len(failed)} of {count} tests failed: {_names(failed)}"
            if suite.runner
            else f"the call failed: {failed[0].message}",
            hint="leakgate repeats tests that pass; leave out the others with -k or a marker" if suite.runner else "",
        )
    if suite.missing:
        yield Finding(rule="unmeasured", verdict=Verdict.ERROR, message="some tests were not run: their process ended")


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


def _error_line(text: str) -> str:
    """The line that says most of a failure: pytest's first line of the error, else the last line of a traceback."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    marked = next((line[1:].strip() for line in lines if line.startswith("E ")), "")
    return (marked or (lines[-1] if lines else ""))[:_LONGEST_MESSAGE]
