"""Watches a script until the pacing rules conclude, and has the growth explained."""

from dataclasses import dataclass, replace

from leakgate.measure.watch import Watch
from leakgate.model.explanation import Explanation
from leakgate.model.step import Conclude, ExplainPlan
from leakgate.ports import Explainer, Pacer


@dataclass(frozen=True, slots=True)
class Seen:
    """The result of a watch."""

    conclusion: Conclude | None
    """None: the script or the user ended the watch."""
    watched_s: float
    explanation: Explanation | None


def watch_and_explain(watch: Watch, pacer: Pacer, explainer: Explainer) -> Seen:
    """Watch until the pacing rules conclude, and explain. If a look withdraws the conclusion, watch again."""

    def explained(plan: ExplainPlan, watched_s: float) -> Explanation | None:
        answers = watch.explain(plan)
        return explainer(answers, watch.evidence(watched_s)) if answers else None

    held_by: Explanation | None = None
    while True:
        conclusion = watch.until_concluded(pacer)
        watched_s = watch.now_s
        if conclusion is not None and conclusion.check is not None:
            held_by = explained(conclusion.check, watched_s)
            if not watch.over and not pacer.confirms(held_by):
                watch.resume(watched_s)
                continue
        plan = conclusion.explain if conclusion is not None else None
        if plan is not None and plan.life_s:  # such a worker is too short-lived for a second look
            plan = replace(plan, holders=not _grows(held_by))
        explanation = explained(plan, watched_s) if plan is not None else None
        revocable = conclusion is not None and conclusion.revocable
        if revocable and not watch.over and not pacer.agrees(explanation):
            watch.resume(watched_s, traced=True)
            continue
        if explanation is None and plan is not None and plan.life_s:
            explanation = held_by
        return Seen(conclusion, watched_s, _with_holders(explanation, held_by))


def _grows(explanation: Explanation | None) -> bool:
    """Whether a look found a holder that grows."""
    return explanation is not None and any(one.grew_per_min > 0 for one in explanation.holders)


def _with_holders(explanation: Explanation | None, earlier: Explanation | None) -> Explanation | None:
    """Return the explanation; if its look did not come to an end, with the holders and types of an earlier look.

    A look may not end because a worker is replaced, or because tracing slows a busy program down.
    """
    if explanation is None or earlier is None or explanation.looked or _grows(explanation) or not _grows(earlier):
        return explanation
    return replace(explanation, holders=earlier.holders, types=explanation.types or earlier.types)
