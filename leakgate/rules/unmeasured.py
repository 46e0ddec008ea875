"""The rules on scripts that left nothing to judge: they never pass."""

from leakgate.analysis.judgement import Growth
from leakgate.model.evidence import EndReason, TrialFailed
from leakgate.model.report import Finding
from leakgate.model.units import format_duration
from leakgate.model.verdict import Verdict
from leakgate.rules.evidence import Evidence


def judge_failure(trial: TrialFailed) -> Finding:
    """``error`` for a script that could not be started, crashed, was killed, or gave too little data."""
    return Finding(rule="unmeasured", verdict=Verdict.ERROR, message=trial.message, hint=trial.hint)


def judge_unmeasured(evidence: Evidence) -> Finding | None:
    """``error`` when a script ran but too few readings were taken to say anything."""
    if evidence.judgement.growth is not Growth.UNMEASURED:
        return None
    watched = format_duration(evidence.trial.watched_s)
    if evidence.trial.ending.reason is EndReason.INTERRUPTED:
        message, hint = f"interrupted after {watched}, which is too short to judge", ""
    else:
        message = f"only {watched} could be watched, too little to judge"
        hint = "give it more work, or loop over it, so that it runs for five seconds or more"
    return Finding(rule="unmeasured", verdict=Verdict.ERROR, message=message, hint=hint)
