"""How a leak and a script changed against the baseline, in words: ``62.0 KB/s to 153 KB/s, +147 %``. Pure."""

from typing import Final

from leakgate.model.metrics import Metric
from leakgate.model.report import Leak, TargetResult
from leakgate.report.number_words import rate

NEW: Final = "new since the baseline"
_MOST_PERCENT: Final = 9_999
"""A larger change says less than the two rates next to it."""


def leak_change(result: TargetResult, leak: Leak) -> str:
    """Return the accepted rate of this leak and its rate now, or that it is new; empty without a baseline entry."""
    if result.baseline is None:
        return ""
    accepted = {one.signature: one.bytes_per_s for one in result.baseline.leaks}
    names = [part.known_as or part.signature for part in leak.parts]
    recorded = [accepted[name] for name in names if name in accepted]
    return was_and_is(sum(recorded), leak.bytes_per_s) if recorded else NEW


def script_change(result: TargetResult) -> str:
    """Return the growth of live memory that the baseline accepts, and the growth now; empty if one is not known."""
    heap = result.trend(Metric.HEAP)
    if result.baseline is None or heap is None:
        return ""
    return was_and_is(result.baseline.growth_bytes_per_s, heap.per_s)


def was_and_is(was_per_s: float, is_per_s: float) -> str:
    """Return two rates and, if there is one, the change in per cent: ``+62.0 KB/s to +153 KB/s, +147 %``."""
    changed = percent(was_per_s, is_per_s)
    return f"{rate(was_per_s)} to {rate(is_per_s)}{f', {changed}' if changed else ''}"


def percent(was: float, now: float) -> str:
    """Return how much larger a value became: ``+147 %``; empty if the old value is 0 or the change is huge."""
    if was <= 0:
        return ""
    change = 100 * (now - was) / was
    return f"{change:+,.0f} %" if abs(change) <= _MOST_PERCENT else ""
