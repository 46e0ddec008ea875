"""Makes one explanation from the answers of the probes. It reads the sources of the program to name functions."""

from dataclasses import dataclass, replace

from leakgate.blame.packages import installed_packages
from leakgate.blame.sites import WatchedRates, explain, files_of, needs_native, within_rate
from leakgate.blame.source import FunctionNames
from leakgate.growth.assess import Assessment, judge_growth
from leakgate.growth.decision import Shape
from leakgate.growth.noise import BYTES_PER_BLOCK
from leakgate.growth.sizes import MIN_BLOCKS
from leakgate.model.evidence import TrialOk
from leakgate.model.explain_raw import RawExplanation
from leakgate.model.explanation import Explanation
from leakgate.model.metrics import Metric
from leakgate.model.target import TargetSpec


def _outside(judged: tuple[Assessment, ...], answers: tuple[RawExplanation, ...]) -> dict[int, float]:
    """Return by process how fast the resident memory that no counter explains grows.

    Only processes in which it grows steadily are included.

    The judgement subtracts blocks from resident memory at their usual size. If the traced blocks are larger, the
    difference is also Python's memory, and is subtracted here.
    """
    heap = {one.signal.pid: max(0.0, one.slope.per_s) for one in judged if one.signal.metric is Metric.HEAP}
    weight = {raw.pid: _block_weight(raw) for raw in answers}
    resident = [one for one in judged if not one.signal.exact and one.window.shape is Shape.SUSTAINED]
    return {
        pid: max(0.0, one.slope.per_s - heap.get(pid, 0.0) * (weight.get(pid, 1.0) - 1.0))
        for one in resident
        for pid in (one.signal.pid,)
    }


def _block_weight(raw: RawExplanation) -> float:
    """The mean size of the traced small blocks as a multiple of the usual size; at least 1."""
    window = raw.window
    if window is None or len(window.traced_blocks) < 2:
        return 1.0
    blocks = window.traced_blocks[-1] - window.traced_blocks[0]
    large = window.large_bytes[-1] - window.large_bytes[0] if window.large_bytes else 0
    small = window.traced_bytes[-1] - window.traced_bytes[0] - max(0, large)
    return max(1.0, small / blocks / BYTES_PER_BLOCK) if blocks >= MIN_BLOCKS else 1.0


@dataclass(frozen=True, slots=True)
class SiteExplainer:
    """Turns the answers of the probes into an explanation. Function names come from the sources of the target."""

    target: TargetSpec

    def reader_of(self, watched: TrialOk) -> "WatchedAnswers":
        """Return the reader of the answers about what was watched."""
        return WatchedAnswers(self.target, judge_growth(watched, warmup_s=self.target.warmup_s).assessments)


@dataclass(frozen=True, slots=True)
class WatchedAnswers:
    """Reads the answers of the probes beside the growth that was judged before they were asked."""

    target: TargetSpec
    judged: tuple[Assessment, ...]

    def explanation_of(self, answers: tuple[RawExplanation, ...]) -> Explanation | None:
        """Return the explanation from all answers; None if no probe answered."""
        believable, rates = self._compared(answers)
        names = FunctionNames(self.target.cwd)
        found = explain(believable, names, names.source, rates)
        return replace(found, packages=installed_packages(files_of(found))) if found is not None else None

    def needs_native(self, answers: tuple[RawExplanation, ...]) -> bool:
        """Whether tracing saw so little of the growth that places of native memory are needed as well."""
        return needs_native(*self._compared(answers))

    def _compared(self, answers: tuple[RawExplanation, ...]) -> tuple[list[RawExplanation], WatchedRates]:
        """Return the answers, limited to what the counters allow, and the rates of the watch."""
        heap, native = (
            {one.signal.pid: one.slope.per_s for one in self.judged if one.signal.metric is metric and one.signal.exact}
            for metric in (Metric.HEAP, Metric.NATIVE)
        )
        rates = WatchedRates(heap_per_s=heap, native_per_s=native, outside_per_s=_outside(self.judged, answers))
        return [within_rate(raw, native.get(raw.pid, 0.0)) for raw in answers], rates
