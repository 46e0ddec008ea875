"""The evidence that every rule may use."""

from dataclasses import dataclass

from leakgate.growth.assess import Judgement
from leakgate.model.baseline import BaselineEntry
from leakgate.model.evidence import TrialOk
from leakgate.model.explanation import Holder, ResourceGrowth
from leakgate.model.metrics import Metric
from leakgate.model.report import Leak, Trend, bytes_per_iteration
from leakgate.model.target import TargetSpec
from leakgate.model.work_record import IterationRate


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A measured script, the behaviour of its memory, and the baseline that it is compared with."""

    target: TargetSpec
    trial: TrialOk
    judgement: Judgement
    trends: tuple[Trend, ...]
    leaks: tuple[Leak, ...]
    """With signatures, largest first; each is marked if the baseline or a suppression covers it."""
    resources: tuple[ResourceGrowth, ...] = ()
    """Descriptors, threads, tasks and child processes that pile up."""
    baseline: BaselineEntry | None = None
    root: str = ""
    """The project's folder; paths in messages are relative to it."""

    def trend(self, metric: Metric) -> Trend | None:
        """The trend of a metric; None if it was not measured."""
        return next((trend for trend in self.trends if trend.metric is metric), None)

    @property
    def keepers(self) -> tuple[Holder, ...]:
        """The holders that keep memory alive, those that keep most first; empty if nothing was explained."""
        return () if self.trial.explanation is None else self.trial.explanation.keepers

    @property
    def bytes_per_iteration(self) -> IterationRate | None:
        """How much memory in use grows with every request or call; None if it was not counted."""
        return bytes_per_iteration(self.trends)

    @property
    def live_bytes_per_s(self) -> float:
        """Growth of memory a second: by the exact counters, plus unexplained resident memory if that leads.

        If resident memory leads, a counter is added only if it grew by more than noise.
        """
        leading = self.judgement.leading
        beyond = 0.0 if leading is None or leading.signal.exact else max(0.0, leading.slope.per_s)
        counted = [trend for metric in (Metric.HEAP, Metric.NATIVE) if (trend := self.trend(metric)) is not None]
        return beyond + sum(
            trend.per_s for trend in counted if trend.per_s > 0 and (not beyond or trend.growth > trend.noise)
        )
