"""The rule on a watch that the user ended before its time: without a leak, it has not seen enough to pass."""

from leakgate.growth.assess import Growth
from leakgate.model.evidence import EndReason, TrialOk
from leakgate.model.report import Finding
from leakgate.model.target import DEFAULT_DURATION_S, TargetSpec
from leakgate.model.units import format_duration
from leakgate.model.verdict import Verdict
from leakgate.verdict.case import Evidence
from leakgate.verdict.rules.growth_rule import judge_leak


def is_cut_short(trial: TrialOk, target: TargetSpec) -> bool:
    """Whether the user ended the watch before its duration.

    A watch without a duration, which ends when the user ends it, is cut short before the usual duration of a script.
    """
    return trial.ending.reason is EndReason.INTERRUPTED and trial.watched_s < _wanted_s(target)


def judge_cut_short(evidence: Evidence) -> Finding | None:
    """Return ``inconclusive`` if the watch was cut short and found no leak until then."""
    unjudged = evidence.judgement.growth is Growth.UNMEASURED
    if unjudged or not is_cut_short(evidence.trial, evidence.target) or judge_leak(evidence) is not None:
        return None
    watched, wanted = format_duration(evidence.trial.watched_s), format_duration(_wanted_s(evidence.target))
    return Finding(
        rule="growth",
        verdict=Verdict.INCONCLUSIVE,
        message=f"interrupted after {watched} of {wanted}; no leak showed until then",
        hint=f"let it run for {wanted}, or set a shorter `duration`",
    )


def _wanted_s(target: TargetSpec) -> float:
    return target.duration_s or DEFAULT_DURATION_S
