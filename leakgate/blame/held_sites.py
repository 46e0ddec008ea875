"""The lines that insert into growing containers: the places of a leak if no allocation was traced. Pure."""

from typing import Final

from leakgate.blame.frames import blamed_index
from leakgate.model.explanation import COUNTED_ROOTS, Frame, GrowthSite, Holder
from leakgate.model.verdict import Kind

LEAST_SHARE: Final = 0.05
"""Share of Python's growth. A container that keeps less, by the estimate, gets no place."""


def held_sites(keepers: tuple[Holder, ...], heap_per_s: float, share: float) -> list[GrowthSite]:
    """Return a place for each container that keeps much of Python's growth and whose inserting line was seen.

    ``heap_per_s``: how fast live Python memory grew, in bytes per second. ``share``: its share of all growth. The
    memory of a container is estimated from a few of its entries, so these places are never exact.
    """
    seen = [one for one in keepers if one.writer is not None and one.root_kind not in COUNTED_ROOTS]
    whole = max(heap_per_s, sum(one.kept_bytes_per_s for one in seen))
    return [
        GrowthSite(
            frames=(frames := _frames_of(one)),
            blame=blamed_index(frames),
            grew_bytes=0,
            grew_blocks=0,
            bytes_per_s=one.kept_bytes_per_s,
            share=one.kept_bytes_per_s / whole * share,
            kind=Kind.PYTHON,
        )
        for one in seen
        if one.kept_bytes_per_s > 0 and one.kept_bytes_per_s >= LEAST_SHARE * whole
    ]


def _frames_of(holder: Holder) -> tuple[Frame, ...]:
    if holder.frames or holder.writer is None:
        return holder.frames
    return (holder.writer,)
