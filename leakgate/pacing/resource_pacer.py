"""The pacing of memory, with a search for the code that creates resources which pile up."""

from dataclasses import replace

from leakgate.growth import thresholds
from leakgate.growth.assess import judge_growth
from leakgate.growth.pile_ups import growing_counts
from leakgate.model.evidence import TrialOk
from leakgate.model.explanation import Explanation
from leakgate.model.step import Conclude, ExplainPlan, Step
from leakgate.model.target import TargetSpec
from leakgate.ports import Pacer


class ResourcePacer:
    """The pacing of memory. If resources pile up, the explanation also searches for the code that creates them."""

    def __init__(self, pacer: Pacer, target: TargetSpec) -> None:
        self._pacer = pacer
        self._target = target

    def next_step(self, so_far: TrialOk) -> Step:
        """What to do now."""
        step = self._pacer.next_step(so_far)
        if isinstance(step, Conclude):
            return replace(step, explain=self._with_resources(step.explain, so_far))
        return step

    def last_look(self, so_far: TrialOk) -> ExplainPlan | None:
        """Return what to explain if the user ends the watch now; None if nothing grows."""
        return self._with_resources(self._pacer.last_look(so_far), so_far)

    def confirms(self, explanation: Explanation | None) -> bool:
        """Return the answer of the pacing of memory."""
        return self._pacer.confirms(explanation)

    def agrees(self, explanation: Explanation | None) -> bool:
        """Return the answer of the pacing of memory."""
        return self._pacer.agrees(explanation)

    def _with_resources(self, plan: ExplainPlan | None, so_far: TrialOk) -> ExplainPlan | None:
        start_s = judge_growth(so_far, warmup_s=self._target.warmup_s).warmup_s
        if not growing_counts(so_far, start_s):
            return plan
        if plan is not None:
            return replace(plan, resources=True)
        return ExplainPlan(
            window_s=thresholds.IN_FORCE.pacing.resources_s, trace=False, native=False, holders=False, resources=True
        )
