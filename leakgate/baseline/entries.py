"""The entry of the baseline that records a result. Pure."""

from typing import Final

from leakgate.blame.signature import portable_path
from leakgate.model.baseline import AcceptedLeak, BaselineEntry
from leakgate.model.explanation import GrowthSite
from leakgate.model.metrics import Metric
from leakgate.model.report import Finding, Leak, LeakPart, TargetResult, bytes_per_iteration
from leakgate.model.verdict import Verdict

_GROWING: Final = frozenset({Verdict.LEAK, Verdict.KNOWN, Verdict.REGRESSION})
_MIN_SHARE: Final = 0.06
"""Share of the growth. Places with a smaller share vary from run to run. It is half of the share that makes a place a
new leak, so that a place that was left out does not fail later."""
_RESIDENT: Final = frozenset({Metric.RSS, Metric.ANON})


def entry_of(result: TargetResult, root: str = "") -> BaselineEntry:
    """Return the entry that records a result. It has growth and leaks only if the growth was judged to be sustained.

    ``root``: the project's folder, for results that do not contain it.
    """
    rss = result.trend(Metric.RSS)
    growth = next((one for one in result.findings if one.rule == "growth" and one.verdict in _GROWING), None)
    per_s = 0.0 if growth is None else _growth_per_s(result, growth)
    counted = bytes_per_iteration(result.trends)
    each = None if counted is None else max(0.0, counted.estimate) if growth is not None else 0.0
    leaks = () if growth is None else _leaks(result, per_s, result.root or root or str(result.target.cwd))
    return BaselineEntry(
        verdict=Verdict.OK if growth is None else Verdict.KNOWN,
        peak_bytes=0 if rss is None else round(rss.peak),
        growth_bytes_per_s=per_s,
        growth_bytes_per_iteration=each,
        leaks=leaks,
    )


def _growth_per_s(result: TargetResult, growth: Finding) -> float:
    # The rule on known leaks compares with the same sum: exact counters, unless resident memory led.
    metrics = (Metric.RSS,) if growth.metric in _RESIDENT else (Metric.HEAP, Metric.NATIVE)
    return sum(max(0.0, trend.per_s) for metric in metrics if (trend := result.trend(metric)) is not None)


def _leaks(result: TargetResult, per_s: float, root: str) -> tuple[AcceptedLeak, ...]:
    own = [(part, leak) for leak in result.leaks if not leak.suppressed_by for part in leak.parts]
    kept = [
        _accepted(part, leak, per_s, root)
        for at, (part, leak) in enumerate(own)
        if at == 0 or leak.known or leak.per_call is not None or part.site.share >= _MIN_SHARE
    ]
    return tuple(sorted(kept, key=lambda one: one.signature))


def _accepted(part: LeakPart, leak: Leak, per_s: float, root: str) -> AcceptedLeak:
    # Tracing slows a script down, so a leak's rate is its share of the growth seen without tracing.
    each = leak.growth_of(part)
    return AcceptedLeak(
        signature=part.signature,
        bytes_per_s=part.site.share * per_s,
        where=_where(part.site, root),
        blocks_per_call=each.blocks,
        bytes_per_call=each.bytes,
    )


def _where(site: GrowthSite, root: str) -> str:
    frame = site.blamed
    return f"{portable_path(frame.file, root)}:{frame.function}"
