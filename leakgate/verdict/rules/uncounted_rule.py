"""The rule on the key ``work``: a function that was never called counts no work."""

from leakgate.model.report import Finding
from leakgate.model.verdict import Verdict
from leakgate.model.work_record import WorkUnit
from leakgate.verdict.case import Evidence


def judge_uncounted_work(evidence: Evidence) -> Finding | None:
    """Return ``inconclusive`` if leakgate did not find the function whose calls it counts, or if it was not called."""
    work = evidence.trial.work
    if work is None or work.unit is not WorkUnit.CALL or work.sent:
        return None
    return Finding(
        rule="uncounted-work",
        verdict=Verdict.INCONCLUSIVE,
        message=f"{work.routes[0]} was not called while the script was watched, so its calls were not counted",
        hint="check `work`: the module as the program imports it, a colon, and the name of the function",
    )
