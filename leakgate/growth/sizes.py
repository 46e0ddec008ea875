"""What a tracing window tells of the counters: the mean size of a block, and whose the C allocator's memory is."""

from typing import Final

from leakgate.growth.noise import BYTES_PER_BLOCK
from leakgate.model.evidence import Explanation, TrialOk
from leakgate.model.metrics import Metric

MIN_BLOCKS: Final = 50
MIN_BYTES: Final = 2_000
SMALL_BLOCK: Final = 512
"""Larger blocks Python takes from the C allocator (CPython, Objects/obmalloc.c, SMALL_REQUEST_THRESHOLD)."""


def block_scale(explanation: Explanation | None) -> float:
    """What a live block weighs, relative to the mean that is assumed where none was traced."""
    if explanation is None or explanation.traced_blocks < MIN_BLOCKS:
        return 1.0
    small = max(0, explanation.traced_bytes - explanation.traced_large_bytes)
    return max(0.1, min(float(SMALL_BLOCK), small / explanation.traced_blocks) / BYTES_PER_BLOCK)


def large_share(trial: TrialOk) -> float | None:
    """The share of the C allocator's growth that is Python's large blocks; None where a window saw next to nothing.

    Without an allocator of Python's own (``PYTHONMALLOC=malloc``) its small blocks come from the C allocator too.
    """
    explanation = trial.explanation
    if explanation is None or explanation.window_s <= 0:
        return None
    traced = explanation.traced_large_bytes if _counts_blocks(trial) else explanation.traced_bytes
    large, native = max(0, traced), max(0, explanation.native_bytes)
    if max(large, native) < MIN_BYTES:
        return None
    return min(1.0, large / native) if native > 0 else 1.0


def _counts_blocks(trial: TrialOk) -> bool:
    counted = [one for track in trial.processes for one in track.series if one.metric is Metric.BLOCKS]
    allocated = any(one.metric is Metric.NATIVE for track in trial.processes for one in track.series)
    return any(any(one.values) for one in counted) if counted else not allocated


def traced_share(explanation: Explanation | None) -> float | None:
    """Traced growth as a share of all growth in the tracing window; None where next to nothing grew there."""
    if explanation is None or explanation.window_s <= 0:
        return None
    untraced = max(0, explanation.native_bytes - max(0, explanation.traced_large_bytes))
    traced = max(0, explanation.traced_bytes)
    return traced / (traced + untraced) if traced + untraced >= MIN_BYTES else None
