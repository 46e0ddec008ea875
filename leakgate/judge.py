"""From measurements to the report of the gate. No I/O: `run` and `report` judge with the same functions."""

from dataclasses import dataclass, field
from datetime import date

from leakgate.analysis.judgement import Growth, Judgement, judge_growth
from leakgate.analysis.trends import trends_of
from leakgate.model.baseline import Baseline, BaselineState
from leakgate.model.evidence import Measurement, TrialFailed, TrialOk
from leakgate.model.metrics import Metric
from leakgate.model.report import BaselineEntry, Finding, GateReport, TargetResult
from leakgate.model.suppression import Suppression
from leakgate.model.target import TargetSpec
from leakgate.model.units import format_duration, format_rate, format_size
from leakgate.model.verdict import DEFAULT_FAIL_ON, ExitCode, Expectation, GateVerdict, Kind, Verdict
from leakgate.rules.evidence import Evidence
from leakgate.rules.known import mark_known, name_leaks
from leakgate.rules.registry import apply_rules, worst_first
from leakgate.rules.unmeasured import judge_failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What measurements are judged against."""

    baseline: Baseline = field(default_factory=Baseline)
    baseline_path: str = ""
    """For people; empty: the user asked for no baseline."""
    suppressions: tuple[Suppression, ...] = ()
    fail_on: frozenset[Verdict] = DEFAULT_FAIL_ON
    root: str
    """The project's folder: paths in signatures are relative to it."""
    today: date


def judge_target(target: TargetSpec, measurement: Measurement, policy: Policy) -> TargetResult:
    """The result of one script. The same measurement and policy give the same result, today or from a session."""
    entry = policy.baseline.entry(measurement.environment.key, target.name)
    match measurement.trial:
        case TrialFailed() as failed:
            return _result_of_failure(target, measurement, failed, entry)
        case TrialOk() as trial:
            return _result_of_trial(target, measurement, trial, entry, policy)


def _result_of_failure(
    target: TargetSpec, measurement: Measurement, failed: TrialFailed, entry: BaselineEntry | None
) -> TargetResult:
    finding = judge_failure(failed)
    return TargetResult(
        target=target,
        measurement=measurement,
        verdict=finding.verdict,
        reason=finding.message,
        hint=finding.hint,
        findings=(finding,),
        baseline=entry,
    )


def _result_of_trial(
    target: TargetSpec, measurement: Measurement, trial: TrialOk, entry: BaselineEntry | None, policy: Policy
) -> TargetResult:
    judgement = judge_growth(trial, warmup_s=target.warmup_s)
    named = name_leaks(trial.explanation, policy.root)
    evidence = Evidence(
        target=target,
        trial=trial,
        judgement=judgement,
        trends=trends_of(trial, judgement),
        leaks=mark_known(named, entry, policy.suppressions, policy.root, policy.today),
        baseline=entry,
        root=policy.root,
    )
    findings = apply_rules(evidence)
    worst = findings[0] if findings else _all_is_well(evidence)
    grows = worst.verdict not in (Verdict.OK, Verdict.ERROR) and judgement.growth is not Growth.STEADY
    return TargetResult(
        target=target,
        measurement=measurement,
        verdict=worst.verdict,
        reason=worst.message,
        hint=worst.hint,
        kind=judgement.kind if grows else Kind.NONE,
        warmup_s=judgement.warmup_s,
        trends=evidence.trends,
        findings=worst_first(findings),
        leaks=evidence.leaks if grows else (),
        types=trial.explanation.types if grows and trial.explanation else (),
        baseline=entry,
        invitations=_invitations(evidence, worst.verdict),
    )


def _all_is_well(evidence: Evidence) -> Finding:
    judgement = evidence.judgement
    watched = format_duration(max(0.0, judgement.end_s - judgement.warmup_s))
    if judgement.growth is Growth.GROWS:
        message = f"grows by {format_rate(evidence.live_bytes_per_s)}, within its budget"
    elif judgement.growth is Growth.UNDECIDED:
        message = "rose within its budget"
    else:
        message = f"flat for {watched}; a leak above {_sensitivity(judgement)} would have shown"
    return Finding(rule="growth", verdict=Verdict.OK, message=message)


def _sensitivity(judgement: Judgement) -> str:
    """The slowest leak that this look would have found, of the signals that count memory in use where there are any."""
    exact = [one for one in judgement.assessments if one.signal.exact] or list(judgement.assessments)
    rates = [
        one.signal.noise.allowed(one.window.end_s - one.window.start_s)
        / max(1.0, one.window.end_s - one.window.start_s)
        for one in exact
    ]
    return format_rate(max(rates, default=0.0)).lstrip("+")


def _invitations(evidence: Evidence, verdict: Verdict) -> tuple[str, ...]:
    """What could be tightened: the baseline is a ratchet."""
    entry = evidence.baseline
    if entry is None or verdict not in (Verdict.OK, Verdict.KNOWN):
        return ()
    found = []
    if entry.growth_bytes_per_s > 0 and evidence.judgement.growth is Growth.STEADY:
        found.append(
            f"the baseline records a leak of {format_rate(entry.growth_bytes_per_s)} that is gone: "
            f"`leakgate baseline update {evidence.target.name}`"
        )
    rss = evidence.trend(Metric.RSS)
    if rss is not None and entry.peak_bytes > 0 and rss.peak < entry.peak_bytes * (1 - evidence.target.tolerance):
        found.append(
            f"the peak fell from {format_size(entry.peak_bytes)} to {format_size(rss.peak)}: "
            f"`leakgate baseline update {evidence.target.name}`"
        )
    return tuple(found)


def conclude(
    results: tuple[TargetResult, ...],
    policy: Policy,
    *,
    config_path: str = "",
    interrupted: bool = False,
    notes: tuple[str, ...] = (),
    command: str = "",
) -> GateReport:
    """The report of the whole gate: its verdict and exit code follow from the scripts' verdicts and nothing else."""
    exit_code = exit_code_of(results, policy.fail_on, interrupted=interrupted)
    return GateReport(
        results=results,
        verdict=_gate_verdict(exit_code),
        exit_code=exit_code,
        config_path=config_path,
        baseline_path=policy.baseline_path,
        baseline_state=_baseline_state(results, policy).value,
        fail_on=policy.fail_on,
        interrupted=interrupted,
        notes=notes,
        command=command,
    )


def exit_code_of(results: tuple[TargetResult, ...], fail_on: frozenset[Verdict], *, interrupted: bool) -> ExitCode:
    """0 when the gate passes, 1 when it fails, 3 when something could not be measured and nothing failed."""
    if interrupted:
        return ExitCode.INTERRUPTED
    if any(_fails(result, fail_on) for result in results):
        return ExitCode.FAIL
    if not results or any(result.verdict is Verdict.ERROR for result in results):
        return ExitCode.UNMEASURED
    return ExitCode.PASS


def _fails(result: TargetResult, fail_on: frozenset[Verdict]) -> bool:
    if result.verdict is Verdict.ERROR:
        return False  # nothing was measured: exit code 3, whatever was expected
    if result.target.expect is Expectation.LEAK:
        return not result.passed
    return result.verdict in fail_on


def _gate_verdict(exit_code: ExitCode) -> GateVerdict:
    match exit_code:
        case ExitCode.PASS:
            return GateVerdict.PASS
        case ExitCode.FAIL:
            return GateVerdict.FAIL
        case _:
            return GateVerdict.ERROR


def _baseline_state(results: tuple[TargetResult, ...], policy: Policy) -> BaselineState:
    if not policy.baseline_path:
        return BaselineState.DISABLED
    states = {policy.baseline.state(result.measurement.environment.key) for result in results}
    if BaselineState.FOUND in states or not states:
        return BaselineState.FOUND
    return min(states)
