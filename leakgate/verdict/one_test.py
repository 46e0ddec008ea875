"""The answer on one test or callable, from its readings alone."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from leakgate.blame.signature import signature_of
from leakgate.growth.counts import (
    LEAK,
    NOT_REPEATABLE,
    OK,
    RULE,
    TOO_SLOW,
    CountJudgement,
    judge_counts,
)
from leakgate.model.baseline import BaselineEntry
from leakgate.model.evidence import RepeatedTest
from leakgate.model.explanation import Frame, GrowthSite, Holder
from leakgate.model.repeated import Excluded, JudgedTest, PerCall, Repetitions, TestAnswer, TestOutcome, error_line
from leakgate.model.report import Leak
from leakgate.model.suppression import Suppression
from leakgate.model.target import DEFAULT_TOLERANCE, Budget
from leakgate.model.verdict import Kind
from leakgate.verdict.exclusions import excluded_by, excluded_text
from leakgate.verdict.known import (
    MIN_NEW_SHARE,
    allowed_blocks,
    allowed_bytes,
    by_holder,
    mark_known,
    name_leaks,
)
from leakgate.verdict.per_call import (
    budgets_of,
    exceeded_by,
    growth_of,
    growth_text,
    is_allowed,
)

_NOT_REPEATED: Final = {TestOutcome.SKIPPED: "skipped", TestOutcome.XFAILED: "expected to fail"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The baseline, suppressions and budgets that tests are judged against."""

    root: str
    """The project's folder."""
    baseline: BaselineEntry | None = None
    suppressions: tuple[Suppression, ...] = ()
    budgets: tuple[Budget, ...] = ()
    """From the config; the marker of a test replaces them."""
    tolerance: float = DEFAULT_TOLERANCE
    day: date = date.min
    """The day of the measurement, which decides whether a suppression has expired."""


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
        return _plain(test, TestAnswer.FAILED, error_line(test.text) or "failed")
    if repetitions is None:
        reason = _NOT_REPEATED.get(test.outcome, "marked not to be repeated")
        why = test.text.removeprefix("Skipped: ")
        return _plain(test, TestAnswer.NOT_REPEATED, f"{reason}: {why}" if why else reason)
    if repetitions.answer == NOT_REPEATABLE:
        return _plain(test, TestAnswer.NOT_REPEATABLE, repetitions.failure or "a repetition failed")
    judged = _judge(repetitions, confirming=test.confirmed is not None)
    if judged.answer == LEAK:
        return _leak(test, judged, against)
    if judged.answer == OK:
        excluded = excluded_by(judged)
        verdict = _plain(test, TestAnswer.OK, _flat(judged, excluded), growth_of(judged, test))
        return replace(verdict, judged=replace(verdict.judged, excluded=excluded))
    answer, message = _undecided(judged, repetitions)
    if answer is TestAnswer.INCONCLUSIVE and judged.rising and test.confirmed is None:
        message = _unconfirmed(judged, test.text)
    return _plain(test, answer, message, growth_of(judged, test))


def _undecided(judged: CountJudgement, repetitions: Repetitions) -> tuple[TestAnswer, str]:
    if judged.answer == TOO_SLOW:
        took = f"{repetitions.count} repetitions in {repetitions.seconds:.1f} s"
        return TestAnswer.TOO_SLOW, f"only {took}; {RULE.least} are needed"
    return TestAnswer.INCONCLUSIVE, _moving(judged)


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
    """The verdict on a test that grows steadily: allowed, known, a regression, over its budget, or a leak."""
    per_call = growth_of(judged, test)
    grows = growth_text(per_call)
    budgets = budgets_of(test.budget, against.budgets)
    named = _named(test, per_call, against.root)
    if is_allowed(budgets, per_call):
        allowed = ", ".join(budget.text for budget in budgets)
        return _plain(test, TestAnswer.OK, f"{grows}, within its budget of {allowed}", per_call)
    if named and all(_has_room(leak.holder) for leak in named):
        fills = ", ".join(
            f"{one.holder.path} (at most {one.holder.bound:,})" for one in named if one.holder is not None
        )
        return _plain(test, TestAnswer.OK, f"fills a container with a limit: {fills}", per_call)
    marked = mark_known(named, against.baseline, against.suppressions, against.root, against.day)
    leaks = tuple(replace(leak, per_call=_share_of(per_call, leak), tests=(test.id,)) for leak in by_holder(marked))
    exceeded = exceeded_by(budgets, per_call)
    if all(leak.known for leak in leaks):
        answer, message = _known(leaks, grows, against)
    elif exceeded:
        answer = TestAnswer.OVER_BUDGET
        message = f"{grows}, over its budget of {', '.join(budget.text for budget in exceeded)}"
    else:
        answer, message = TestAnswer.LEAK, grows
    verdict = _plain(test, answer, message, per_call)
    return TestVerdict(replace(verdict.judged, leaks=tuple(leak.signature for leak in leaks)), leaks)


def _known(leaks: tuple[Leak, ...], grows: str, against: Accepted) -> tuple[TestAnswer, str]:
    """``known``, or ``regression`` if a leak keeps clearly more in each call than the baseline records."""
    entry = against.baseline
    recorded = {one.signature: one for one in entry.leaks} if entry is not None else {}
    for leak in leaks:
        was = [recorded[part.signature] for part in leak.parts if part.signature in recorded]
        if not was or leak.suppressed_by or leak.per_call is None:
            continue
        blocks, size = sum(one.blocks_per_call for one in was), sum(one.bytes_per_call for one in was)
        more_blocks = blocks > 0 and leak.per_call.blocks > allowed_blocks(blocks, against.tolerance)
        more_bytes = size > 0 and leak.per_call.bytes > allowed_bytes(size, against.tolerance)
        if more_blocks or more_bytes:
            before = growth_text(PerCall(blocks=blocks, bytes=size))
            return TestAnswer.REGRESSION, f"a known leak got worse: {grows}; the baseline records {before}"
    return TestAnswer.KNOWN, grows


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
    """The places that cause the growth of each call, with their shares of it.

    The counters are exact, but tracing sees only a few dozen calls. A place that grew there once or twice does not
    explain growth in each call.
    """
    if per_call.blocks > 0:
        least = MIN_NEW_SHARE * per_call.blocks * calls
        kept = [leak for leak in leaks if leak.site.grew_blocks >= least]
    else:
        kept = [leak for leak in leaks if leak.site.share >= MIN_NEW_SHARE]
    kept = _without_machinery(kept)
    whole = sum(leak.site.share for leak in kept)
    return tuple(replace(leak, site=replace(leak.site, share=leak.site.share / whole)) for leak in kept)


def _without_machinery(leaks: list[Leak]) -> list[Leak]:
    """Return the places that the project's own code leads to; all places if there are none.

    The other places are memory of the test runner between two tests. A short window shows it now and then.
    """
    own = [leak for leak in leaks if any(frame.own for frame in leak.site.frames)]
    return own or leaks


def _own_site(test: RepeatedTest, per_call: PerCall) -> GrowthSite:
    """Return a place that stands for the test itself, for growth without a known place."""
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


def _flat(judged: CountJudgement, excluded: Excluded) -> str:
    """The message of an ``ok``: how long the counters were flat, and the smallest leaks that this excludes."""
    if not (text := excluded_text(excluded)):
        return "flat"
    unseen = "" if excluded.references else "; not counted: containers that only collect references"
    rests = " after rests" if judged.rested else ""
    return f"flat{rests} over {judged.repetitions} calls: no leak above {text}{unseen}"


def _unconfirmed(judged: CountJudgement, why: str) -> str:
    """Return the message for a test that grew, if its confirmation has no result. ``why``: the reason, if known."""
    names = ", ".join(one.counter for one in judged.rising)
    grew = f"{names} grew steadily in {judged.repetitions} calls, but the longer run that confirms a leak has no result"
    return f"{grew}: {why}" if why else grew


def _moving(judged: CountJudgement) -> str:
    """Return which counters did not come to rest."""
    moving = [one for one in judged.counters if one.state in ("open", "rises")]
    names = ", ".join(one.counter for one in moving)
    return f"{names} did not come to rest in {judged.repetitions} calls, and did not grow steadily"
