"""From measurements to the report of the gate. No I/O: `run` and `report` judge with the same functions."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import assert_never

from leakgate.analysis.judgement import Growth, Judgement, judge_growth
from leakgate.analysis.resources import growing_counts, resources_that_grow
from leakgate.analysis.trends import trends_of
from leakgate.model.baseline import Baseline, BaselineState
from leakgate.model.evidence import Measurement, TrialFailed, TrialOk
from leakgate.model.metrics import Metric
from leakgate.model.report import Finding, GateReport, TargetResult
from leakgate.model.session import Session
from leakgate.model.suppression import Suppression, SuppressionUse
from leakgate.model.target import TargetSpec
from leakgate.model.units import format_duration, format_rate, format_size
from leakgate.model.verdict import DEFAULT_FAIL_ON, ExitCode, Expectation, GateVerdict, Kind, Verdict
from leakgate.rules.evidence import Evidence, rated
from leakgate.rules.known import mark_known, name_leaks
from leakgate.rules.registry import apply_rules, worst_first
from leakgate.rules.suppressions import notes_on, uses_of
from leakgate.rules.unmeasured import judge_failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What measurements are judged against."""

    baseline: Baseline = field(default_factory=Baseline)
    baseline_path: str = ""
    """For people; empty: the user asked for no baseline."""
    beside: Baseline = field(default_factory=Baseline)
    """How scripts behaved in another run: it stands in where the baseline has nothing."""
    suppressions: tuple[Suppression, ...] = ()
    fail_on: frozenset[Verdict] = DEFAULT_FAIL_ON
    root: str
    """The project's folder: paths in signatures are relative to it."""

    def session(self, target: TargetSpec, measurement: Measurement) -> Session:
        """Everything that the verdict on one script depends on."""
        key = measurement.environment.key
        state = self.baseline.state(key) if self.baseline_path else BaselineState.DISABLED
        entry = self.baseline.entry(key, target.name)
        if entry is None and (entry := self.beside.entry(key, target.name)) is not None:
            state = BaselineState.BASE_RUN
        return Session(
            target=target,
            measurement=measurement,
            root=self.root,
            baseline=entry,
            baseline_state=state.value,
            suppressions=self.suppressions,
            fail_on=self.fail_on,
        )


def judge_session(session: Session) -> TargetResult:
    """The result of one script. The same session gives the same result, today and on another machine."""
    match session.measurement.trial:
        case TrialFailed() as failed:
            return _result_of_failure(session, failed)
        case TrialOk() as trial:
            return _result_of_trial(session, trial)
        case _:
            assert_never(session.measurement.trial)


def _result_of_failure(session: Session, failed: TrialFailed) -> TargetResult:
    finding = judge_failure(failed)
    return TargetResult(
        target=session.target,
        measurement=session.measurement,
        verdict=finding.verdict,
        reason=finding.message,
        hint=finding.hint,
        findings=(finding,),
        baseline=session.baseline,
    )


def _result_of_trial(session: Session, trial: TrialOk) -> TargetResult:
    target, entry = session.target, session.baseline
    judgement = judge_growth(trial, warmup_s=target.warmup_s)
    named = name_leaks(trial.explanation, session.root)
    trends = trends_of(trial, judgement)
    growing = growing_counts(trial, judgement.warmup_s)
    evidence = rated(
        Evidence(
            target=target,
            trial=trial,
            judgement=judgement,
            trends=trends,
            resources=resources_that_grow(trial.explanation, trends, growing),
            leaks=mark_known(named, entry, session.suppressions, session.root, _day(session.measurement)),
            baseline=entry,
            root=session.root,
        )
    )
    findings = apply_rules(evidence)
    worst = findings[0] if findings else _all_is_well(evidence)
    grows = worst.verdict not in (Verdict.OK, Verdict.ERROR) and judgement.growth is not Growth.STEADY
    return TargetResult(
        target=target,
        measurement=session.measurement,
        verdict=worst.verdict,
        reason=worst.message,
        hint=worst.hint,
        kind=judgement.kind if grows else Kind.NONE,
        warmup_s=judgement.warmup_s,
        trends=evidence.trends,
        findings=worst_first(findings),
        leaks=evidence.leaks if grows else (),
        types=trial.explanation.types if grows and trial.explanation else (),
        resources=evidence.resources,
        baseline=entry,
        invitations=() if session.baseline_state == BaselineState.BASE_RUN else _invitations(evidence, worst.verdict),
    )


def _day(measurement: Measurement) -> date:
    """The day of the measurement: suppressions expire by it, so that a session says the same for ever."""
    return date.fromisoformat(measurement.started_at[:10])


def _all_is_well(evidence: Evidence) -> Finding:
    judgement = evidence.judgement
    watched = format_duration(max(0.0, judgement.end_s - judgement.warmup_s))
    if judgement.growth is Growth.GROWS:
        message = f"grows by {format_rate(evidence.live_bytes_per_s)}, within its budget"
    elif judgement.growth is Growth.UNDECIDED:
        message = "rose within its budget"
    else:
        message = f"flat for {watched}: no leak above {_sensitivity(judgement)}"
    return Finding(rule="growth", verdict=Verdict.OK, message=message)


def _sensitivity(judgement: Judgement) -> str:
    """The slowest leak that this look would have found, of the signals that count memory in use where there are any."""
    exact = [one for one in judgement.assessments if one.signal.exact] or list(judgement.assessments)
    return format_rate(max((one.window.unseen_per_s for one in exact), default=0.0)).lstrip("+")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a report says of the run besides its results."""

    fail_on: frozenset[Verdict] = DEFAULT_FAIL_ON
    config_path: str = ""
    baseline_path: str = ""
    baseline_state: str = ""
    interrupted: bool = False
    notes: tuple[str, ...] = ()
    command: str = ""
    suppressions: tuple[Suppression, ...] = ()
    root: str = ""
    """The project's folder, where the patterns of suppressions start."""
    partial: bool = True
    """Whether the config has scripts that were not to be run: then no suppression is known to be unused."""


def conclude(results: tuple[TargetResult, ...], about: Circumstances) -> GateReport:
    """The report of the whole gate: its verdict and exit code follow from the scripts' verdicts and nothing else."""
    exit_code = exit_code_of(results, about.fail_on, interrupted=about.interrupted)
    suppressions = _uses(results, about)
    return GateReport(
        results=results,
        verdict=gate_verdict(exit_code),
        exit_code=exit_code,
        config_path=about.config_path,
        root=about.root,
        baseline_path=about.baseline_path,
        baseline_state=about.baseline_state,
        fail_on=about.fail_on,
        interrupted=about.interrupted,
        notes=(*about.notes, *notes_on(suppressions)),
        command=about.command,
        suppressions=suppressions,
    )


def _uses(results: tuple[TargetResult, ...], about: Circumstances) -> tuple[SuppressionUse, ...]:
    if not about.suppressions:
        return ()
    days = [_day(result.measurement) for result in results]
    leaks = [(leak, day) for result, day in zip(results, days, strict=True) for leak in result.leaks]
    complete = not (about.partial or about.interrupted) and are_decided(results)
    return uses_of(about.suppressions, leaks, about.root, today=max(days, default=date.min), complete=complete)


def are_decided(results: Iterable[TargetResult]) -> bool:
    """Whether it is known of every script whether it leaks."""
    return not any(result.verdict in (Verdict.ERROR, Verdict.INCONCLUSIVE) for result in results)


def held_against(report: GateReport, fail_on: frozenset[Verdict] | None = None) -> GateReport:
    """A report that was read back: its verdict and exit code follow from its scripts, never from its word alone.

    ``fail_on``: other verdicts that fail the gate than it was made with. Without, a status that is no pass stays: it
    may be about something that is no script, such as a shard that is missing.
    """
    exit_code = exit_code_of(report.results, fail_on or report.fail_on, interrupted=report.interrupted)
    if fail_on is None and report.exit_code is not ExitCode.PASS:
        exit_code = report.exit_code
    return replace(report, fail_on=fail_on or report.fail_on, verdict=gate_verdict(exit_code), exit_code=exit_code)


def exit_code_of(results: tuple[TargetResult, ...], fail_on: frozenset[Verdict], *, interrupted: bool) -> ExitCode:
    """0 when the gate passes, 1 when it fails, 3 when something could not be measured and nothing failed."""
    if interrupted:
        return ExitCode.INTERRUPTED
    if any(fails(result, fail_on) for result in results):
        return ExitCode.FAIL
    if not results or any(result.verdict is Verdict.ERROR for result in results):
        return ExitCode.UNMEASURED
    return ExitCode.PASS


def fails(result: TargetResult, fail_on: frozenset[Verdict]) -> bool:
    """Whether the script is a reason for exit code 1. An error is none: nothing was measured, whatever was expected."""
    if result.verdict is Verdict.ERROR:
        return False
    if result.target.expect is Expectation.LEAK:
        return not result.passed
    return result.verdict in fail_on


def gate_verdict(exit_code: ExitCode) -> GateVerdict:
    """What a status says of the whole run."""
    match exit_code:
        case ExitCode.PASS:
            return GateVerdict.PASS
        case ExitCode.FAIL:
            return GateVerdict.FAIL
        case _:
            return GateVerdict.ERROR


def joint_state(sessions: Iterable[Session]) -> str:
    """What the baseline had to say of a run."""
    return strongest_state(session.baseline_state for session in sessions)


def strongest_state(states: Iterable[str]) -> str:
    """``base-run`` where another run stood in for any script, else ``found`` where the environment of any was known."""
    given = tuple(states)
    told = [state.value for state in (BaselineState.BASE_RUN, BaselineState.FOUND) if state in given]
    return (told or sorted(given) or [""])[0]
