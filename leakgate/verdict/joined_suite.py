"""Joins the results of a test suite whose parts were run on several machines."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from leakgate.model.evidence import TrialOk
from leakgate.model.report import Finding, TargetResult
from leakgate.model.verdict import Verdict
from leakgate.verdict.causes import grouped
from leakgate.verdict.suite_findings import findings_of_tests
from leakgate.verdict.suite_verdict import concluded

_UNMEASURED: Final = "unmeasured"

Part = tuple[int, TargetResult]
"""The number of a shard, from 1, and its result of the suite."""


def join_parts(parts: Sequence[Part], count: int, fail_on: frozenset[Verdict]) -> TargetResult:
    """Return the result of the whole suite: all tests, each cause once, and why parts were not run.

    ``parts``: at least one, each number once. ``count``: the expected number of parts; a missing part is an error.
    """
    ordered = sorted(parts, key=lambda part: part[0])
    measured = [result for _, result in ordered if isinstance(result.measurement.trial, TrialOk)]
    if not measured:
        return ordered[0][1]
    first = measured[0]
    tests = tuple(test for result in measured for test in result.tests)
    leaks = grouped(leak for result in measured for leak in result.leaks)
    # A part without tests is not an error: there may be more machines than groups of tests.
    findings = (*_carried(ordered, count, fail_on), *findings_of_tests(first.target, fail_on, first.root, tests, leaks))
    joined = replace(first, leaks=leaks, tests=tests, measurement=replace(first.measurement, trial=_trial(measured)))
    return concluded(joined, findings, fail_on)


def _trial(measured: Sequence[TargetResult]) -> TrialOk:
    """Return the trial of the first part, with the time of all parts together."""
    trials = [result.measurement.trial for result in measured if isinstance(result.measurement.trial, TrialOk)]
    took_s = sum(trial.watched_s for trial in trials)
    return replace(trials[0], watched_s=took_s, ending=replace(trials[0].ending, at_s=took_s))


def _carried(ordered: Sequence[Part], count: int, fail_on: frozenset[Verdict]) -> Iterator[Finding]:
    """Yield the findings of the parts that do not follow from the answers on their tests, each once."""
    present = {index for index, _ in ordered}
    for index in range(1, count + 1):
        if index not in present:
            yield _error(f"part {index}/{count} of the tests was not run: its shard left no results")
    seen = set()
    for index, result in ordered:
        if not isinstance(result.measurement.trial, TrialOk):
            yield _error(f"part {index}/{count} of the tests could not be run: {result.reason}", result.hint)
            continue
        own = [
            (one.rule, one.verdict, one.message)
            for one in findings_of_tests(result.target, fail_on, result.root, result.tests, result.leaks)
        ]
        for one in result.findings:
            follows = any(
                one.rule == rule and one.verdict is verdict and one.message.startswith(message)
                for rule, verdict, message in own
            )
            if not follows and (one.verdict, one.message) not in seen:
                seen.add((one.verdict, one.message))
                yield one


def _error(message: str, hint: str = "read the log of the job of that shard, and run it again") -> Finding:
    return Finding(rule=_UNMEASURED, verdict=Verdict.ERROR, message=message, hint=hint)
