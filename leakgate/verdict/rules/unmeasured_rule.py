"""The rules on scripts without readings to judge: such scripts never pass."""

from leakgate.growth.assess import Growth
from leakgate.model.evidence import EndReason, TrialFailed
from leakgate.model.metrics import METRICS
from leakgate.model.report import Finding
from leakgate.model.units import format_duration
from leakgate.model.verdict import Verdict
from leakgate.verdict.case import Evidence
from leakgate.verdict.rules.budget_rule import is_measured


def judge_failure(trial: TrialFailed) -> Finding:
    """``error`` for a script that could not be started, crashed, was killed, or gave too little data."""
    return Finding(rule="unmeasured", verdict=Verdict.ERROR, message=trial.message, hint=trial.hint)


def judge_unmeasured(evidence: Evidence) -> Finding | None:
    """``error`` if a script ran but gave too few readings, or if the look at growing memory was cut short."""
    if evidence.judgement.growth is Growth.UNDECIDED and evidence.trial.unexplained:
        return Finding(
            rule="unmeasured",
            verdict=Verdict.ERROR,
            message=f"memory grows, and the search for the holder was cut short: {evidence.trial.unexplained}",
            hint="check that the temporary folder has room, and that the script runs Python code all the time",
        )
    if evidence.judgement.growth is not Growth.UNMEASURED:
        return None
    watched = format_duration(evidence.trial.watched_s)
    if evidence.trial.ending.reason is EndReason.INTERRUPTED:
        message, hint = f"not measured: the run was interrupted {watched} after its start", "run it again"
    elif evidence.trial.ending.reason is EndReason.EXITED:
        message = f"the script ended after {watched}, which is too short to judge"
        hint = "set `repeat: true` in leakgate.yaml to run it repeatedly, or let it work for five seconds or more"
    else:
        message, hint = f"watched for {watched}, which is too short to judge", "set a longer `duration`"
    return Finding(rule="unmeasured", verdict=Verdict.ERROR, message=message, hint=hint)


def judge_unmeasured_budgets(evidence: Evidence) -> Finding | None:
    """``inconclusive`` if the metric of a budget could not be measured here, so that the budget was not checked."""
    unheld = [budget for budget in evidence.target.budgets if not is_measured(budget, evidence)]
    if not unheld:
        return None
    names = ", ".join(f"`{METRICS[budget.metric].title}: {budget.text}`" for budget in unheld)
    return Finding(
        rule="unmeasured-budget",
        verdict=Verdict.INCONCLUSIVE,
        message=f"budgets that cannot be measured with this interpreter on this system: {names}",
        hint="remove the budget of this script, or run it with CPython on a system where leakgate can count this",
        metric=unheld[0].metric,
        where=unheld[0].origin,
    )
