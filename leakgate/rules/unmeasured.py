"""The rules on scripts that left nothing to judge: they never pass."""

from leakgate.analysis.judgement import Growth
from leakgate.model.evidence import TrialFailed
from leakgate.model.report import Finding
from leakgate.model.verdict import Verdict
from leakgate.rules.evidence import Evidence


def judge_failure(trial: TrialFailed) -> Finding:
    """``error`` for a script that could not be started, crashed, was killed, or gave too little data."""
    return Finding(rule="unmeasured", verdict=Verdict.ERROR, message=trial.message, hint=trial.hint)


def judge_unmeasured(evidence: Evidence) -> Finding | None:
    """``error`` when a script ran but too few readings were taken to say anything."""
    if evidence.judgement.growth is not Growth.UNMEASURED:
        return None
    return Finding(
        rule="unmeasured",
        verdict=Verdict.ERROR,
        message=f"only {evidence.trial.watched_s:.1f} s could be watched, too little to judge",
        hint="give it more work, or loop over it, so that it runs for five seconds or more",
    )
