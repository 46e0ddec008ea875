"""What every rule may look at."""

from dataclasses import dataclass, replace

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
    """A script that was measured, what its memory did, and what it is compared with."""

    target: TargetSpec
    trial: TrialOk
    judgement: Judgement
    trends: tuple[Trend, ...]
    leaks: tuple[Leak, ...]
    """Named, largest first; each marked when the baseline or a suppression knows it."""
    resources: tuple[ResourceGrowth, ...] = ()
    """What piles up of descriptors, threads, tasks and child processes."""
    baseline: BaselineEntry | None = None
    root: str = ""
    """The project's folder; paths in messages are relative to it."""

    def trend(self, metric: Metric) -> Trend | None:
        """The trend of a metric, where it was measured."""
        return next((trend for trend in self.trends if trend.metric is metric), None)

    @property
    def keepers(self) -> tuple[Holder, ...]:
        """What keeps memory alive, that which keeps most first; empty where nothing was explained."""
        return () if self.trial.explanation is None else self.trial.explanation.keepers

    @property
    def bytes_per_iteration(self) -> IterationRate | None:
        """How much memory in use grows with every request or call; None where that was not counted."""
        return bytes_per_iteration(self.trends)

    @property
    def live_bytes_per_s(self) -> float:
        """How fast memory grows: by the exact counters, and by resident memory that they do not explain if that leads.

        Beside resident memory a counter counts where it moved by more than noise.
        """
        leading = self.judgement.leading
        beyond = 0.0 if leading is None or leading.signal.exact else max(0.0, leading.slope.per_s)
        counted = [trend for metric in (Metric.HEAP, Metric.NATIVE) if (trend := self.trend(metric)) is not None]
        return beyond + sum(
            trend.per_s for trend in counted if trend.per_s > 0 and (not beyond or trend.growth > trend.noise)
        )


def rated(evidence: Evidence) -> Evidence:
    """The same evidence, with the leaks' rates as they were while nothing was traced.

    Tracing slows the program, so that a site's own rate in the tracing window is too low; its share of the growth is
    not. A leak's rate is that share of what the counters saw.
    """
    per_s = evidence.live_bytes_per_s
    if per_s <= 0:
        return evidence
    leaks = tuple(
        replace(leak, site=replace(leak.site, bytes_per_s=leak.site.share * per_s)) for leak in evidence.leaks
    )
    return replace(evidence, leaks=leaks)
