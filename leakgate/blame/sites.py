"""Turns a probe's raw counts into the places that leak. These are the tracebacks that grew throughout the window."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import Final

from leakgate.blame.frames import FunctionNamer, blamed_index, frames_of
from leakgate.blame.held_sites import held_sites
from leakgate.blame.holders import SourceReader, holders_of, is_read, no_source, types_of
from leakgate.blame.resources import resources_of
from leakgate.growth.sizes import block_scale, traced_share
from leakgate.model.explain_raw import RawExplanation, RawNativeSite, RawSite, RawWindow
from leakgate.model.explanation import Explanation, GrowthSite
from leakgate.model.verdict import Kind

MAX_SITES: Final = 20
"""The largest number of places in an explanation, the largest first."""
MIN_SHARE: Final = 0.01
"""A place with a smaller share of the growth is left out."""
WELL_TRACED: Final = 0.6
"""If tracing sees less than this share of all growth, places of native memory are named as well."""
STEADY_PARTS: Final = 0.6
"""A site belongs to a leak if it grew in at least this share of the window's parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedRates:
    """How fast memory grew while it was watched without tracing, by process, in bytes per second."""

    heap_per_s: Mapping[int, float] = field(default_factory=dict)
    """Live blocks of Python, each counted at the usual size of a block."""
    native_per_s: Mapping[int, float] = field(default_factory=dict)
    """Memory in use of the C allocator."""
    outside_per_s: Mapping[int, float] = field(default_factory=dict)
    """Resident memory that no counter sees."""


NOTHING_KNOWN: Final = WatchedRates()


def explain(
    raws: Iterable[RawExplanation],
    name_function: FunctionNamer,
    read_source: SourceReader = no_source,
    rates: WatchedRates = NOTHING_KNOWN,
) -> Explanation | None:
    """Return one explanation from the answers of all processes; None if no process answered.

    ``read_source`` returns the text of a file that the answers name, to see whether its code also empties the
    containers that it fills. ``rates``: the growth rates during the watch, before anything was traced.
    """
    answers = tuple(raws)
    if not answers:
        return None
    found = _without_sites(answers, name_function, read_source)
    sites = _sites(found, answers, name_function, rates)
    whole = max(1.0, sum(site.share for site in sites))
    largest_first = sorted(sites, key=lambda site: -site.share)[:MAX_SITES]
    return replace(found, sites=tuple(replace(site, share=site.share / whole) for site in largest_first))


def needs_native(raws: Iterable[RawExplanation], rates: WatchedRates) -> bool:
    """Return whether Python's allocations explain so little of the growth that places of native memory are named."""
    answers = tuple(raws)
    return _is_native_too(_python_share(_totals(answers), answers, rates))


def _without_sites(
    answers: tuple[RawExplanation, ...], name_function: FunctionNamer, read_source: SourceReader
) -> Explanation:
    """Return the totals of all processes, and what holds and creates the memory."""
    to_frames = partial(frames_of, name_function=name_function)
    holders = holders_of(answers, to_frames, read_source)
    read = ", ".join(holder.path for holder in holders if is_read(holder))
    notes = [note for raw in answers for note in raw.notes]
    if read:
        notes.append(f"the line that inserts was read in the source of {read}, not seen")
    return replace(
        _totals(answers),
        holders=holders,
        resources=resources_of(answers, to_frames, blamed_index),
        looked=all(raw.looked for raw in answers),
        longest_pause_s=max(raw.pause_s for raw in answers),
        notes=tuple(notes),
    )


def _totals(answers: tuple[RawExplanation, ...]) -> Explanation:
    """Return how much grew while allocations were traced, and the types that grew, over all processes."""
    windows = _windows(answers)
    return Explanation(
        window_s=max((window.t1_s - window.t0_s for window in windows), default=0.0),
        traced_bytes=sum(_rise(window.traced_bytes) for window in windows),
        traced_blocks=sum(_rise(window.traced_blocks) for window in windows),
        live_blocks=_live_rise(windows),
        traced_large_bytes=sum(_rise(window.large_bytes) for window in windows),
        native_bytes=sum(_rise(window.native_bytes) for window in windows),
        types=types_of(answers),
    )


def _python_share(found: Explanation, answers: tuple[RawExplanation, ...], rates: WatchedRates) -> float | None:
    """Return Python's share of all growth: what tracing saw; if nothing was traced, what the counters say."""
    if not _windows(answers):
        return _counted_share(_heap_bytes_per_s(found, rates), rates)
    return traced_share(found, sum(_outside_bytes(found, answers, rates).values()))


def _is_native_too(python_share: float | None) -> bool:
    return python_share is None or python_share < WELL_TRACED


def _outside_bytes(found: Explanation, answers: tuple[RawExplanation, ...], rates: WatchedRates) -> dict[int, float]:
    """Return by process the growth in its window that no counter sees, from its rate before.

    Tracing slows a program down, and so does a busy machine; then all its memory grows more slowly. Python's memory
    shows how much.
    """
    bytes_of = {raw.pid: rates.outside_per_s.get(raw.pid, 0.0) * _seconds(raw.window) for raw in answers}
    return {raw.pid: bytes_of[raw.pid] * _pace(raw, found, rates) for raw in answers}


def _pace(raw: RawExplanation, found: Explanation, rates: WatchedRates) -> float:
    """Return how fast Python's memory grew while it was traced, as a share of its rate before; at most 1."""
    expected = block_scale(found) * rates.heap_per_s.get(raw.pid, 0.0) * _seconds(raw.window)
    return min(1.0, max(0, _rise(raw.window.traced_bytes)) / expected) if raw.window and expected > 0 else 1.0


def _sites(
    found: Explanation, answers: tuple[RawExplanation, ...], name_function: FunctionNamer, rates: WatchedRates
) -> list[GrowthSite]:
    """Return the places that grew. Traced growth is exact, so others are added only where tracing sees too little."""
    outside = _outside_bytes(found, answers, rates)
    share = _python_share(found, answers, rates)
    sites = [site for raw in answers for site in _traced_sites(raw, outside[raw.pid], name_function)]
    if _is_native_too(share):
        untraced = 1.0 - (share or 0.0)
        sites += [site for raw in answers for site in _native_sites(raw, untraced, name_function)]
    if not _windows(answers) and share is not None:
        sites += held_sites(found.keepers, _heap_bytes_per_s(found, rates), share)
    return sites


def _windows(answers: tuple[RawExplanation, ...]) -> list[RawWindow]:
    return [raw.window for raw in answers if raw.window is not None]


def _heap_bytes_per_s(found: Explanation, rates: WatchedRates) -> float:
    """How fast live Python memory grew, with the size of a block that the explanation gives."""
    return block_scale(found) * sum(max(0.0, per_s) for per_s in rates.heap_per_s.values())


def _counted_share(heap: float, rates: WatchedRates) -> float | None:
    """Return Python's share of all growth, by the counters; None if they saw nothing grow.

    It replaces the traced share if nothing was traced. ``heap``: growth of live Python memory, in bytes per second. If
    blocks are larger than the usual size, resident memory grows by more than the counters show: the difference is
    Python's as well.
    """
    beyond = max(0.0, heap - sum(max(0.0, per_s) for per_s in rates.heap_per_s.values()))
    native = sum(max(0.0, per_s) for per_s in rates.native_per_s.values())
    outside = max(0.0, sum(rates.outside_per_s.values()) - beyond)
    whole = heap + native + outside
    return heap / whole if whole > 0 else None


def within_rate(raw: RawExplanation, native_per_s: float) -> RawExplanation:
    """Return the answer, with its untraced growth limited to the rate of native growth during the watch.

    Tracing keeps tables of its own in the C allocator, and not all of them can be separated from the program's memory.
    """
    window = raw.window
    if window is None or len(window.native_bytes) < 2:
        return raw
    most = _rise(window.large_bytes) + round(max(0.0, native_per_s) * (window.t1_s - window.t0_s))
    if _rise(window.native_bytes) <= most:
        return raw
    first, *between, _ = window.native_bytes
    return replace(raw, window=replace(window, native_bytes=(first, *between, first + most)))


def files_of(explanation: Explanation) -> frozenset[str]:
    """The source files in the tracebacks of the explanation."""
    frames = [frame for site in explanation.sites for frame in site.frames]
    frames += [frame for holder in explanation.holders for frame in holder.frames]
    return frozenset(frame.file for frame in frames)


def _seconds(window: RawWindow | None) -> float:
    return window.t1_s - window.t0_s if window is not None else 0.0


def _rise(totals: tuple[int, ...]) -> int:
    return totals[-1] - totals[0] if len(totals) > 1 else 0


def _live_rise(windows: list[RawWindow]) -> int | None:
    counted = [window.live_blocks for window in windows if len(window.live_blocks) > 1]
    return sum(max(counts[1:]) - counts[0] for counts in counted) if len(counted) == len(windows) > 0 else None


def _traced_sites(raw: RawExplanation, outside_bytes: float, name_function: FunctionNamer) -> list[GrowthSite]:
    window = raw.window
    if window is None or len(window.marks_s) < 2:
        return []
    total = _total_growth(raw, window) + round(outside_bytes)
    watched_s = window.marks_s[-1] - window.marks_s[0]
    grew = [_without_passing_blocks(site) for site in raw.sites]
    growing = [site for site in grew if _rise(site.bytes) > 0 and _rise(site.bytes) >= MIN_SHARE * total]
    # A leak in rare bursts grows in one part of a short window only: then the window cannot tell it from chance.
    steady = [site for site in growing if _grew_throughout(site.bytes)] or growing
    return [_traced_site(site, raw.pid, total, watched_s, name_function) for site in steady]


def _without_passing_blocks(site: RawSite) -> RawSite:
    """Return the site with its small blocks only, if these grew throughout and all blocks together did not.

    Such a line keeps small blocks, and also makes a large block that is freed again, such as a longer copy of a
    container.
    """
    small = tuple(all_bytes - large for all_bytes, large in zip(site.bytes, site.large_bytes, strict=False))
    if len(small) < len(site.bytes) or _grew_throughout(site.bytes) or not _grew_throughout(small):
        return site
    nothing = (0,) * len(small)
    blocks = tuple(all_blocks - large for all_blocks, large in zip(site.blocks, site.large_blocks, strict=True))
    return replace(site, bytes=small, blocks=blocks, large_bytes=nothing, large_blocks=nothing)


def _traced_site(site: RawSite, pid: int, total: int, watched_s: float, name_function: FunctionNamer) -> GrowthSite:
    frames = frames_of(site.frames, name_function)
    grew_bytes = _rise(site.bytes)
    return GrowthSite(
        frames=frames,
        blame=blamed_index(frames),
        grew_bytes=grew_bytes,
        grew_blocks=_rise(site.blocks),
        large_bytes=_rise(site.large_bytes),
        large_blocks=_rise(site.large_blocks),
        bytes_per_s=grew_bytes / watched_s if watched_s > 0 else 0.0,
        share=min(1.0, grew_bytes / total),
        kind=Kind.PYTHON,
        pid=pid,
    )


def _total_growth(raw: RawExplanation, window: RawWindow) -> int:
    untraced = max(0, _rise(window.native_bytes) - _rise(window.large_bytes))
    largest = max((_rise(site.bytes) for site in raw.sites), default=0)
    return max(1, _rise(window.traced_bytes) + untraced, largest)


def _grew_throughout(totals: tuple[int, ...]) -> bool:
    rises = [after - before for before, after in pairwise(totals)]
    return sum(rise > 0 for rise in rises) >= STEADY_PARTS * len(rises)


def _native_sites(raw: RawExplanation, untraced: float, name_function: FunctionNamer) -> list[GrowthSite]:
    """Return the native sites.

    ``untraced``: the share of all growth that tracing does not see; it is divided among the sites. This share is
    relative to the growth before the window. If tracing slows the program down, the share can be large although no
    untraced memory grows. So a site also needs a part of the growth that was seen in the windows.
    """
    window_s = _seconds(raw.window)
    traced_per_s = _rise(raw.window.traced_bytes) / window_s if raw.window is not None and window_s > 0 else 0.0
    return [
        GrowthSite(
            frames=(frames := frames_of(site.frames, name_function)),
            blame=blamed_index(frames),
            grew_bytes=site.bytes,
            grew_blocks=site.calls,
            bytes_per_s=_per_s(site),
            share=(part := _part(site)) * untraced,
            kind=Kind.NATIVE,
            confidence=part,
            pid=raw.pid,
        )
        for site in raw.native_sites
        if site.bytes > 0 and site.frames and (site.seconds <= 0 or _per_s(site) >= MIN_SHARE * traced_per_s)
    ]


def _per_s(site: RawNativeSite) -> float:
    return site.bytes / site.seconds if site.seconds > 0 else 0.0


def _part(site: RawNativeSite) -> float:
    return max(0.0, min(1.0, site.bytes / site.total)) if site.total > 0 else 0.0
