"""From the probes' answers to one explanation. It reads the sources of the program to name functions."""

from dataclasses import dataclass, replace

from leakgate.blame.packages import installed_packages
from leakgate.blame.sites import explain, files_of, within_rate
from leakgate.blame.source import FunctionNames
from leakgate.growth.assess import Assessment, judge_growth
from leakgate.growth.decision import Shape
from leakgate.model.evidence import Explanation, TrialOk
from leakgate.model.explain_raw import RawExplanation
from leakgate.model.metrics import Metric
from leakgate.model.target import TargetSpec


def _outside(judged: tuple[Assessment, ...]) -> dict[int, float]:
    """By process, how fast resident memory rises that no counter explains; nothing where it does not keep rising."""
    resident = [one for one in judged if not one.signal.exact and one.window.shape is Shape.SUSTAINED]
    return {one.signal.pid: max(0.0, one.slope.per_s) for one in resident}


@dataclass(frozen=True, slots=True)
class SiteExplainer:
    """Turns the probes' answers into an explanation, naming functions from the target's sources."""

    target: TargetSpec

    def __call__(self, answers: tuple[RawExplanation, ...], watched: TrialOk) -> Explanation | None:
        """What the answers say together; None where no probe answered."""
        judged = judge_growth(watched, warmup_s=self.target.warmup_s).assessments
        rates = {one.signal.pid: one.slope.per_s for one in judged if one.signal.metric is Metric.NATIVE}
        names = FunctionNames(self.target.cwd)
        believable = [within_rate(raw, rates.get(raw.pid, 0.0)) for raw in answers]
        found = explain(believable, names, names.source, _outside(judged))
        return replace(found, packages=installed_packages(files_of(found))) if found is not None else None
