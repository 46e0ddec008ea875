"""The verdict on one script. `run` and `report` judge with the same function."""

from dataclasses import replace
from typing import Final, assert_never

from leakgate.blame.resources import resources_that_grow
from leakgate.growth.assess import Growth, judge_growth
from leakgate.growth.pile_ups import growing_counts
from leakgate.growth.routes import routes_of
from leakgate.growth.trends import trends_of
from leakgate.model.baseline import BaselineState
from leakgate.model.evidence import Measurement, TrialFailed, TrialOk
from leakgate.model.report import Finding, Leak, TargetResult
from leakgate.model.session_record import Session
from leakgate.model.target import TargetSpec
from leakgate.model.units import format_duration, format_rate
from leakgate.model.verdict import Expectation, Kind, Verdict
from leakgate.verdict.case import Evidence
from leakgate.verdict.invitations import invitations
from leakgate.verdict.known import by_holder, mark_known, name_leaks
from leakgate.verdict.recognised import recognised
from leakgate.verdict.rules.recycled_rule import short_jobs
from leakgate.verdict.rules.registry import apply_rules, worst_first
from leakgate.verdict.rules.unmeasured_rule import judge_failure
from leakgate.verdict.sensitivity import sensitivity_of
from leakgate.verdict.suite_verdict import judge_suite
from leakgate.verdict.untraced_rates import rated, rated_types

LEAKS: Final = (Verdict.LEAK, Verdict.KNOWN)
"""The verdicts that say that memory leaks, accepted or not."""


def judge_session(session: Session) -> TargetResult:
    """The result of one script. The same session gives the same result, today and on another machine."""
    return replace(_judged(session), baseline=session.baseline, root=session.root)


def _judged(session: Session) -> TargetResult:
    if session.measurement.suite is not None:
        return judge_suite(session, session.measurement.suite)
    match session.measurement.trial:
        case TrialFailed() as failed:
            return failed_result(session.target, session.measurement, failed)
        case TrialOk() as trial:
            return _result_of_trial(session, trial)
        case _:
            assert_never(session.measurement.trial)


def failed_result(target: TargetSpec, measurement: Measurement, failed: TrialFailed) -> TargetResult:
    """Return the result of a script without readings to judge: an error with the reason."""
    finding = judge_failure(failed)
    return TargetResult(
        target=target,
        measurement=measurement,
        verdict=finding.verdict,
        reason=finding.message,
        hint=finding.hint,
        findings=(finding,),
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
            leaks=mark_known(named, entry, session.suppressions, session.root, session.measurement.day),
            baseline=entry,
            root=session.root,
        )
    )
    evidence = recognised(evidence)
    findings = apply_rules(evidence)
    worst = _missed(findings[0] if findings else _all_is_well(evidence), evidence)
    judged = worst.verdict is not Verdict.OK and (worst.verdict is not Verdict.ERROR or worst.rule == "growth")
    grows = judged and judgement.growth is not Growth.STEADY
    leaks = by_holder(evidence.leaks) if grows else ()
    return TargetResult(
        target=target,
        measurement=session.measurement,
        verdict=worst.verdict,
        reason=worst.message,
        hint=worst.hint,
        kind=_kind(_seen_kind(judgement.kind, trial), leaks, worst.verdict) if grows else Kind.NONE,
        warmup_s=judgement.warmup_s,
        trends=evidence.trends,
        findings=worst_first(findings),
        leaks=leaks,
        types=rated_types(evidence) if grows else (),
        resources=evidence.resources,
        routes=routes_of(trial, judgement, holder_decided=worst.rule == "growth" and worst.verdict in LEAKS),
        invitations=() if session.baseline_state == BaselineState.BASE_RUN else invitations(evidence, worst.verdict),
    )


def _seen_kind(judged: Kind, trial: TrialOk) -> Kind:
    """The kind of the growth. Without a probe, ``NATIVE`` becomes ``NONE``: resident memory may be of any kind."""
    inside = any(process.probed for process in trial.processes)
    return judged if inside or judged is not Kind.NATIVE else Kind.NONE


def _kind(judged: Kind, leaks: tuple[Leak, ...], verdict: Verdict) -> Kind:
    """The kind of the growth; if only the holder decided the verdict, the kind of the largest place."""
    return leaks[0].site.kind if judged is Kind.NONE and leaks and verdict in LEAKS else judged


def _missed(worst: Finding, evidence: Evidence) -> Finding:
    """The finding; if a planted leak was expected and not found, its message says so."""
    missed = worst.verdict in (Verdict.OK, Verdict.INCONCLUSIVE)
    if evidence.target.expect is not Expectation.LEAK or not missed:
        return worst
    hint = (
        "does the script reach the line that leaks? let it leak from its start, faster than "
        f"{sensitivity_of(evidence.judgement, evidence.trial).text}"
    )
    return replace(worst, message=f"the planted leak was not found: {worst.message}", hint=hint)


def _all_is_well(evidence: Evidence) -> Finding:
    judgement, hint = evidence.judgement, ""
    watched = format_duration(max(0.0, judgement.end_s - judgement.warmup_s))
    if judgement.growth is Growth.GROWS:
        message = f"grows by {format_rate(evidence.live_bytes_per_s)}, within its budget"
    elif judgement.growth is Growth.UNDECIDED:
        message = "rose within its budget"
    else:
        message = f"flat for {watched}: no leak above {sensitivity_of(judgement, evidence.trial).text}"
        unjudged, hint = short_jobs(evidence)
        message += f"; {unjudged}" if unjudged else ""
    return Finding(rule="growth", verdict=Verdict.OK, message=message, hint=hint)
