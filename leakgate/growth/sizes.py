"""Results of a tracing window: the mean size of a block, and how much of the C allocator's growth is Python's."""

from dataclasses import dataclass
from typing import Final

from leakgate.growth.noise import BYTES_PER_BLOCK
from leakgate.model.evidence import TrialOk
from leakgate.model.explanation import Explanation, GrowthSite, TypeGrowth
from leakgate.model.metrics import Metric
from leakgate.model.verdict import Kind

MIN_BLOCKS: Final = 50
"""With fewer blocks, their mean size is not reliable."""
MIN_BYTES: Final = 2_000
"""If less than this grew in a tracing window, shares of the growth are not reliable."""
MIN_PLACED: Final = 10
"""This many blocks of growing sites are enough to measure the size of a block, because they are counted exactly."""
SMALLEST_BLOCK: Final = 16
"""No block of Python's allocator is smaller (CPython, Objects/obmalloc.c, ALIGNMENT)."""
SMALL_BLOCK: Final = 512
"""Python takes larger blocks from the C allocator (CPython, Objects/obmalloc.c, SMALL_REQUEST_THRESHOLD)."""


def is_weighed(explanation: Explanation | None) -> bool:
    """Whether the size of a block was measured. If not, a rate of the heap is an estimate from the usual size."""
    if explanation is None:
        return False
    return explanation.traced_blocks >= MIN_BLOCKS or any(site.grew_blocks > 0 for site in explanation.sites)


def block_scale(explanation: Explanation | None) -> float:
    """What a counted block adds to Python's own allocator, relative to the usual size of a block; 1.0 if unknown.

    ``sys.getallocatedblocks`` also counts large blocks, whose bytes are in the C allocator: they count with 0 bytes
    here, and ``large_share`` adds them. The sites that grow give the best estimate: the total of all traced memory also
    contains short-lived objects, which a short window does not average out. If nothing was traced, the mean size of the
    live objects whose number grew is the estimate.
    """
    if explanation is None:
        return 1.0
    sites = [site for site in explanation.sites if site.kind is Kind.PYTHON and site.grew_blocks > 0]
    weighed = [site for site in sites if not _is_of_unknown_size(site)]
    placed = sum(site.grew_blocks for site in weighed)
    counted = explanation.traced_blocks - sum(site.grew_blocks for site in sites) + placed
    if placed >= MIN_PLACED and 2 * placed >= counted:
        return _scale(sum(site.small_bytes for site in weighed) / placed)
    if counted < MIN_BLOCKS:
        return _census_scale(explanation.types)
    return _scale((explanation.traced_bytes - explanation.traced_large_bytes) / counted)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockSizes:
    """The mean sizes of the blocks that a leak keeps, in bytes."""

    small: float
    """Of those in Python's own allocator."""
    large: float
    """Of those that Python takes from the C allocator."""


def block_sizes(explanation: Explanation | None) -> BlockSizes | None:
    """Return the mean sizes of small and of large blocks apart; None unless a notable number of both grew.

    One size for all blocks is right for their sum, but not for two routes that keep blocks of different sizes.
    """
    sites = [site for site in (explanation.sites if explanation is not None else ()) if site.kind is Kind.PYTHON]
    small, large = sum(site.small_blocks for site in sites), sum(site.large_blocks for site in sites)
    if small < MIN_PLACED or large < MIN_PLACED:
        return None
    small_size = sum(site.small_bytes for site in sites) / small
    large_size = sum(site.large_bytes for site in sites) / large
    return BlockSizes(
        small=min(max(small_size, float(SMALLEST_BLOCK)), float(SMALL_BLOCK)), large=max(large_size, float(SMALL_BLOCK))
    )


def small_sizes(explanation: Explanation | None) -> tuple[float, ...] | None:
    """Return the mean size of the small blocks of each growing site that has enough of them; None if none has."""
    sites = [site for site in (explanation.sites if explanation is not None else ()) if site.kind is Kind.PYTHON]
    sizes = tuple(site.small_bytes / site.small_blocks for site in sites if site.small_blocks >= MIN_PLACED)
    return sizes or None


def _scale(size: float) -> float:
    """The size of a block relative to the usual size, within what Python's allocator serves."""
    return min(max(size, float(SMALLEST_BLOCK)), float(SMALL_BLOCK)) / BYTES_PER_BLOCK


def _is_of_unknown_size(site: GrowthSite) -> bool:
    """Whether a site from a session of an older version has large blocks.

    Such a session does not contain their number.
    """
    return site.large_blocks == 0 and site.grew_bytes > SMALL_BLOCK * site.grew_blocks


def _census_scale(types: tuple[TypeGrowth, ...]) -> float:
    """The same from live objects. Objects that are too large for Python's allocator are not counted."""
    small = [one for one in types if one.grew_count > 0 and SMALLEST_BLOCK <= one.bytes_each <= SMALL_BLOCK]
    objects = sum(one.grew_count for one in small)
    if objects < MIN_BLOCKS:
        return 1.0
    return sum(one.grew_count * one.bytes_each for one in small) / objects / BYTES_PER_BLOCK


def large_share(trial: TrialOk) -> float | None:
    """The share of the C allocator's growth that consists of Python's large blocks; None if almost nothing grew.

    With ``PYTHONMALLOC=malloc``, Python takes its small blocks from the C allocator too, and they count as well.
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


def traced_share(explanation: Explanation | None, outside_bytes: float = 0.0) -> float | None:
    """Traced growth as a share of all growth in the tracing window; None if almost nothing grew.

    ``outside_bytes`` is the growth in the window that no counter sees, from its rate during the watch.
    """
    if explanation is None or explanation.window_s <= 0:
        return None
    untraced = max(0, explanation.native_bytes - max(0, explanation.traced_large_bytes)) + outside_bytes
    traced = max(0, explanation.traced_bytes)
    return traced / (traced + untraced) if traced + untraced >= MIN_BYTES else None
