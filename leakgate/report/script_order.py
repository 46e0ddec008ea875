"""Which scripts a report shows, and in which order: those that fail the gate first, the worst of them first. Pure."""

from typing import Final

from leakgate.model.metrics import METRICS, Metric, Unit
from leakgate.model.report import Finding, GateReport, TargetResult
from leakgate.model.verdict import SEVERITY, Expectation, Verdict
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


def worst_first(report: GateReport) -> tuple[TargetResult, ...]:
    """Return all scripts as reports explain them: those that block the gate first, each part by `urgency`."""
    return tuple(sorted(report.results, key=lambda result: (not blocks_gate(report, result), urgency(result))))


def failing(report: GateReport) -> tuple[TargetResult, ...]:
    """Return the scripts that block the gate."""
    return tuple(result for result in worst_first(report) if blocks_gate(report, result))


def to_explain(report: GateReport) -> tuple[TargetResult, ...]:
    """Return the failing scripts, then other scripts that are not accepted: undecided, or a leak in advisory mode."""
    return tuple(result for result in worst_first(report) if blocks_gate(report, result) or not result.passed)


def noteworthy(report: GateReport) -> tuple[TargetResult, ...]:
    """Return the failing scripts, then others with something to say: known leaks, undecided, hints, resources, load."""
    return tuple(result for result in worst_first(report) if blocks_gate(report, result) or _says_something(result))


def _says_something(result: TargetResult) -> bool:
    more = result.hint or result.invitations or result.resources or result.measurement.trial.work
    return result.target.expect is Expectation.OK and (result.verdict is not Verdict.OK or bool(more))


def urgency(result: TargetResult) -> tuple[int, float]:
    """Return a key that sorts results worst first; equal keys keep the order of the config.

    Leaks come first, the fastest first. Then come scripts that only need too much memory, because how fast they grow
    decided nothing; then planted leaks that were missed, errors, and the milder verdicts.
    """
    if is_missed(result):
        return 2, 0.0
    if is_growth(result):
        return (0, -grown_bytes_per_s(result)) if _leaks(result) else (1, -grown_bytes_per_s(result))
    mildest_last = len(SEVERITY) - (0 if is_caught(result) else SEVERITY.index(result.verdict))
    return 2 + mildest_last, 0.0


def _leaks(result: TargetResult) -> bool:
    """Whether growth decided, and not a ceiling or a peak."""
    return result.verdict is Verdict.LEAK or (result.verdict is Verdict.REGRESSION and not is_peak(result))


def is_peak(result: TargetResult) -> bool:
    """Whether the peak is worse than the baseline. A peak has no line to blame."""
    first = result.findings[0] if result.findings else None
    return first is not None and first.rule == "regression" and first.metric is Metric.RSS


def is_growth(result: TargetResult) -> bool:
    """Whether a script that is not a planted leak grows more than it may."""
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
