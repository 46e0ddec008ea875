"""Which scripts a report shows, and in which order: those that fail the gate first, the worst of them first. Pure."""

from typing import Final

from leakgate.model.metrics import METRICS, Unit
from leakgate.model.report import Finding, GateReport, TargetResult
from leakgate.model.verdict import Expectation, Verdict
from leakgate.report.script_words import is_caught, is_missed, main_trend
from leakgate.verdict.whole_run import fails

WORST_FIRST_VERDICTS: Final = (
    Verdict.LEAK,
    Verdict.OVER_BUDGET,
    Verdict.REGRESSION,
    Verdict.ERROR,
    Verdict.INCONCLUSIVE,
    Verdict.KNOWN,
)
"""The order in which reports name verdicts. Leaks come before errors: an error must not push a leak out of sight."""
_GROWING: Final = frozenset({Verdict.LEAK, Verdict.OVER_BUDGET, Verdict.REGRESSION})


def blocks_gate(report: GateReport, result: TargetResult) -> bool:
    """Whether the script keeps the gate from passing: it fails the gate, or it could not be judged."""
    return result.verdict is Verdict.ERROR or fails(result, report.about.fail_on)


def failing(report: GateReport) -> tuple[TargetResult, ...]:
    """Return the scripts that block the gate: leaks by growth, then planted leaks that were missed, then errors."""
    chosen = [result for result in report.results if blocks_gate(report, result)]
    return tuple(sorted(chosen, key=urgency))


def to_explain(report: GateReport) -> tuple[TargetResult, ...]:
    """Return the failing scripts, then other scripts that are not accepted: undecided, or a leak in advisory mode."""
    others = [result for result in report.results if not result.passed and not blocks_gate(report, result)]
    return (*failing(report), *sorted(others, key=urgency))


def noteworthy(report: GateReport) -> tuple[TargetResult, ...]:
    """Return the failing scripts, then others with something to say: known leaks, undecided, hints, resources, load."""
    worst = failing(report)
    others = [
        result
        for result in report.results
        if not blocks_gate(report, result)
        and result.target.expect is Expectation.OK
        and (
            result.verdict is not Verdict.OK
            or result.hint
            or result.invitations
            or result.resources
            or result.measurement.trial.work
        )
    ]
    return (*worst, *others)


def urgency(result: TargetResult) -> tuple[int, float]:
    """Return a key that sorts results worst first; equal keys keep the order of the config.

    Every script that grows too much comes before every error, the fastest growth first.
    """
    if is_missed(result):
        return 1, 0.0
    if is_caught(result) or result.verdict is Verdict.OK:
        return 2 + len(WORST_FIRST_VERDICTS), 0.0
    if is_growth(result):
        return 0, -grown_bytes_per_s(result)
    return 2 + WORST_FIRST_VERDICTS.index(result.verdict), 0.0


def is_growth(result: TargetResult) -> bool:
    """Whether a script that is no planted leak grows more than it may."""
    return result.verdict in _GROWING and result.target.expect is not Expectation.LEAK


def grown_bytes_per_s(result: TargetResult) -> float:
    """Return how fast the memory of a script grows: the larger of its main trend and its leaks, without known ones."""
    leaks = sum(leak.bytes_per_s for leak in result.leaks if not leak.known)
    trend = main_trend(result)
    moved = trend.per_s if trend is not None and METRICS[trend.metric].unit is Unit.BYTES else 0.0
    return max(leaks, moved, 0.0)


def further_failures(report: GateReport, result: TargetResult) -> tuple[Finding, ...]:
    """Return other findings that fail a script besides its reason: a fix of the reason alone would fail again."""
    return tuple(
        finding
        for finding in result.findings[1:]
        if finding.verdict in report.about.fail_on and finding.message != result.reason
    )
