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
        if plan is not None and plan.life_s:
            # A worker that is replaced may end before it has answered, so the holders of the first look are kept.
            plan = replace(plan, holders=held_by is None or not held_by.holders)
        explanation = explained(plan, watched_s) if plan is not None else None
        if plan is not None and plan.life_s:
            explanation = _with_holders(explanation, held_by)
        revocable = conclusion is not None and conclusion.revocable
        if revocable and not watch.over and not pacer.agrees(explanation):
            watch.resume(watched_s, traced=True)
            continue
        return Seen(conclusion, watched_s, explanation)


def _with_holders(explanation: Explanation | None, earlier: Explanation | None) -> Explanation | None:
    """Return the explanation, with the holders and types of an earlier look if it has none."""
    if explanation is None or earlier is None or explanation.holders:
        return explanation or earlier
    return replace(
        explanation, holders=earlier.holders, types=explanation.types or earlier.types, looked=earlier.looked
    )
