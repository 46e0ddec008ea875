"""Allocation sites: `tracemalloc` runs for a few seconds, and knows only memory that is allocated in that time.

The probe uses `_tracemalloc` without `tracemalloc`, which would load pickle and other modules into the program.
"""

from __future__ import annotations

import _tracemalloc
import sys

from . import collect, gauges, interpreters, wire
from .awake import awake_s
from .system import FOLDER, LIBRARY, system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    from .answer import Answer

    Site = tuple[str, int]
    Frames = tuple[Site, ...]
    Totals = tuple[int, int, int, int]
    """Bytes, blocks, and bytes and blocks of the large blocks among them."""

_LIBRARY = LIBRARY + system.SEP
_THREAD_FILE = FOLDER + system.SEP + "sampler.py"
_FRAMES = 16
_MARKS = 5
_RARE = 4
"""Each mark needs a full collection. Between two marks the program runs at least this many times as long as a
collection holds it."""
_LARGEST_TABLES = 64_000_000
_MOST_SITES = 50
_LOOK_S = 0.05
_QUICK_S = 4.0
"""A longer window begins with the first marks of one of this length: a fast leak may be clear by then."""
_SHORTEST_S = 2.0
_ENOUGH_MARKS = 3
_ENOUGH_BLOCKS = 40
_EXPLAINED_BYTES = 64_000
_LEFT_OVER = 0.4
"""Share of the C allocator's growth that may stay unexplained; above it, native memory is explained as well."""
_SMALL_BLOCK = 512
"""Bytes. Python takes larger blocks from the C allocator."""
_UNCOUNTED = 48
"""Bytes of each live trace that `get_tracemalloc_memory` does not count: the trace, and what malloc adds to two
blocks."""

_NOTHING = (0, 0, 0, 0)

_depths: list[int] = []
"""The number of frames of each trace, while the probe traces; empty before and after."""


class Mark:
    """Memory that was allocated since tracing began and is alive at one moment, without the probe's own."""

    __slots__ = ("at_s", "blocks", "bytes", "frames", "large_bytes", "live", "native", "sites")

    def __init__(self) -> None:
        self.at_s = system.monotonic()
        self.native = gauges.read_native() - _tracemalloc.get_tracemalloc_memory()
        self.live = sys.getallocatedblocks()
        """All live blocks of Python, also those from before the window, without the probe's."""
        self.bytes = self.blocks = self.large_bytes = 0
        self.sites: dict[Site, Totals] = {}
        self.frames: dict[Site, Frames] = {}
        """By site, the traceback with most bytes; kept in the newest mark only."""


class Summary:
    """The result of tracing that other parts of the explanation use."""

    def __init__(self, first: Mark, last: Mark) -> None:
        native, large = last.native - first.native, last.large_bytes - first.large_bytes
        self.explains_native = last.bytes - first.bytes > _EXPLAINED_BYTES and native - large < _LEFT_OVER * native


def explain(answer: Answer, window_s: float, blocks_per_s: int = 0) -> Generator[float, None, Summary | None]:
    """Trace for `window_s` at most, or until the answer is clear. Yields seconds to wait. None if no mark was taken.

    `blocks_per_s`: by how many live blocks a process that grows fast grew before; else 0.
    """
    if interpreters.may_be_others():
        answer.note(interpreters.NOTE)
        return None
    own = not _tracemalloc.is_tracing()
    if not own:
        answer.note("the script traces its own allocations: its traces were used")
        if _tracemalloc.get_tracemalloc_memory() > _LARGEST_TABLES:
            answer.note("the script's traces are too many to be read")
            return None
    pause_s = yield from collect.settle()
    answer.held(pause_s)
    if own:
        _start()
    answer.flags |= wire.TRACING
    try:
        marks = yield from _take_marks(answer, window_s, _RARE * pause_s, blocks_per_s)
    finally:
        answer.flags &= ~wire.TRACING
        abandon()
    if not marks:
        return None
    _write(answer, marks)
    return Summary(marks[0], marks[-1])


def _start() -> None:
    """Start tracing, unless a subinterpreter is created first.

    Another thread may create one between two bytecodes, and calls `abandon` just before. So that is registered first,
    and `next` looks for the depth and starts tracing in one step: no thread can run in between.
    """
    _depths[:] = [_FRAMES]
    interpreters.stop_before(abandon)
    if interpreters.may_be_others():
        abandon()
    next(map(_tracemalloc.start, _depths), None)


def abandon() -> None:
    """Stop tracing if the probe started it."""
    if _depths:
        _depths.clear()
        _tracemalloc.stop()


def _take_marks(
    answer: Answer, window_s: float, apart_s: float, blocks_per_s: int
) -> Generator[float, None, list[Mark]]:
    """Take the marks.

    The first comes after one interval: from then on, the number of objects that only replace older ones is constant.
    A long window first takes the marks of a short one. If these do not explain the growth, the last of them stays.
    """
    started = awake_s()
    marks: list[Mark] = []
    quick = _quick_moments(window_s, apart_s) if blocks_per_s else []
    late = [moment_s for moment_s in _moments(window_s, apart_s) if not quick or moment_s > quick[-1]]
    for number, moment_s in enumerate(quick + late, 1):
        full = yield from _wait_until(answer, started + moment_s)
        answer.held((yield from collect.settle()))
        if interpreters.may_be_others():
            answer.note(interpreters.NOTE)
            return []
        if marks:
            marks[-1].frames.clear()
        marks.append(_take_mark(answer))
        if full or (answer.hurried and len(marks) > 1):
            break
        is_clear = awake_s() - started >= _SHORTEST_S and _clear(marks)
        if is_clear and (number > len(quick) or _explains(marks, blocks_per_s)):
            break
        if number == len(quick):
            del marks[:-1]
    return marks


def _moments(window_s: float, apart_s: float) -> list[float]:
    """Return the seconds after the start of a window at which marks are due, `apart_s` from each other if possible."""
    count = max(_ENOUGH_MARKS, round(window_s / max(window_s / _MARKS, apart_s)))
    step_s = min(max(window_s / _MARKS, apart_s), window_s / count)
    return [step_s * number for number in range(1, count + 1)]


def _quick_moments(window_s: float, apart_s: float) -> list[float]:
    """Return the first moments of a window of `_QUICK_S`; none if the window is not longer than that, or if the marks
    would be nearer to each other than `apart_s`."""
    fit = window_s > _QUICK_S and _ENOUGH_MARKS * apart_s <= _QUICK_S
    return _moments(_QUICK_S, apart_s)[:_ENOUGH_MARKS] if fit else []


def _wait_until(answer: Answer, due_s: float) -> Generator[float, None, bool]:
    """Wait for the next mark. Return whether the traces have become so many that tracing must end."""
    full = False
    while (left_s := due_s - awake_s()) > 0 and not full and not answer.hurried:
        if interpreters.may_be_others():
            break
        yield min(_LOOK_S, left_s)
        full = _tracemalloc.get_tracemalloc_memory() > _LARGEST_TABLES
    if full:
        answer.note("the program allocates too fast for a long trace: the window was cut short")
    return full


def _take_mark(answer: Answer) -> Mark:
    mark = Mark()
    before = system.perf_counter()
    traces = _tracemalloc._get_traces()
    answer.held(system.perf_counter() - before)
    by_traceback: dict[int, list[Any]] = {}
    for trace in traces:  # within one result, equal tracebacks are the same object
        size = trace[1]
        entry = by_traceback.get(id(trace[2]))
        if entry is None:
            entry = by_traceback[id(trace[2])] = [0, 0, 0, 0, trace[2]]
        entry[0] += size
        entry[1] += 1
        if size > _SMALL_BLOCK:
            entry[2] += size
            entry[3] += 1
    heaviest: dict[Site, int] = {}
    for size, blocks, large, large_blocks, frames in by_traceback.values():
        if _is_probe(frames):
            mark.live -= blocks
            continue
        mark.bytes += size
        mark.blocks += blocks
        mark.large_bytes += large
        site = _site_of(frames)
        known = mark.sites.get(site, _NOTHING)
        mark.sites[site] = known[0] + size, known[1] + blocks, known[2] + large, known[3] + large_blocks
        if size > heaviest.get(site, 0):
            heaviest[site], mark.frames[site] = size, frames
    mark.native -= _UNCOUNTED * len(traces)
    return mark


def _site_of(frames: Frames) -> Site:
    """Return the innermost line outside the standard library: allocations in library functions count for that line."""
    for frame in frames:
        file = frame[0]
        if not file.startswith("<") and (not file.startswith(_LIBRARY) or "-packages" in file):
            return frame
    return frames[0]


def _is_probe(frames: Frames) -> bool:
    """Whether the probe allocated a block: in its own code, or on its own thread."""
    return frames[0][0].startswith(FOLDER) or frames[-1][0] == _THREAD_FILE


def _grown(marks: list[Mark]) -> list[tuple[int, Site]]:
    """Return (growth in bytes from the first mark to the last, site), the largest first; only sites that grew.

    A line may keep small blocks and also make a large one that comes and goes, such as a longer copy of a container.
    Then the growth of the small blocks alone counts.
    """
    first, last = marks[0].sites, marks[-1].sites
    grown = []
    for site, totals in last.items():
        before = first.get(site, _NOTHING)
        all_blocks, large_blocks = totals[0] - before[0], totals[2] - before[2]
        grown.append((max(all_blocks, all_blocks - large_blocks), site))
    return sorted(((growth, site) for growth, site in grown if growth > 0), reverse=True)


def _clear(marks: list[Mark]) -> bool:
    """Whether the site that grew most grew in every interval, and by `_ENOUGH_BLOCKS` in total."""
    grown = _grown(marks)
    if len(marks) < _ENOUGH_MARKS or not grown:
        return False
    _, site = grown[0]
    grew = marks[-1].sites[site][1] - marks[0].sites.get(site, _NOTHING)[1]
    return grew >= _ENOUGH_BLOCKS and _rose(marks, site)


def _explains(marks: list[Mark], blocks_per_s: int) -> bool:
    """Whether the sites that grew in every interval explain the growth of the process.

    So they do if what is missing is less than the largest of them: no other site can then be larger.
    """
    first, last = marks[0], marks[-1]
    grew = [last.sites[site][1] - first.sites.get(site, _NOTHING)[1] for site in last.sites if _rose(marks, site)]
    return blocks_per_s * (last.at_s - first.at_s) - sum(grew) < max(grew, default=0)


def _rose(marks: list[Mark], site: Site) -> bool:
    blocks = [mark.sites.get(site, _NOTHING)[1] for mark in marks]
    return all(later > earlier for earlier, later in zip(blocks, blocks[1:]))


def _write(answer: Answer, marks: list[Mark]) -> None:
    answer.add(
        "window",
        t0=marks[0].at_s,
        t1=marks[-1].at_s,
        marks=[mark.at_s for mark in marks],
        traced_bytes=[mark.bytes for mark in marks],
        traced_blocks=[mark.blocks for mark in marks],
        live_blocks=[mark.live for mark in marks],
        large_bytes=[mark.large_bytes for mark in marks],
        native_bytes=[mark.native for mark in marks],
    )
    for _, site in _grown(marks)[:_MOST_SITES]:
        at_marks = [mark.sites.get(site, _NOTHING) for mark in marks]
        answer.add(
            "site",
            frames=[frame for frame in marks[-1].frames[site] if not frame[0].startswith(FOLDER)],
            bytes=[totals[0] for totals in at_marks],
            blocks=[totals[1] for totals in at_marks],
            large_bytes=[totals[2] for totals in at_marks],
            large_blocks=[totals[3] for totals in at_marks],
        )
