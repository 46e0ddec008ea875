"""From the probes' answers to one explanation. It reads the sources of the program to name functions."""

from dataclasses import dataclass, replace

from leakgate.blame.packages import installed_packages
from leakgate.blame.sites import explain, files_of, within_rate
from leakgate.blame.source import FunctionNames
from leakgate.growth.assess import judge_growth
from leakgate.model.evidence import Explanation, TrialOk
from leakgate.model.explain_raw import RawExplanation
from leakgate.model.metrics import Metric
from leakgate.model.target import TargetSpec


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
        found = explain(believable, names, names.source)
        return replace(found, packages=installed_packages(files_of(found))) if found is not None else None
