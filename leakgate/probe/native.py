"""Native memory: finds the Python line that calls the extension that does not free memory.

For a short window, a profile function charges each change of the C allocator's counter to the calling context in which
it happened. Memory that a call allocates and a later line frees cancels out in the function that contains both. So the
deepest function that *keeps* most of the growth is named. If profiling finds nothing, samples of the stacks are used.
"""

from __future__ import annotations

import gc
from _thread import get_ident

from . import collect, gauges, hooks, interpreters, wire
from .awake import awake_s
from .calltree import Tree
from .system import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from .answer import Answer

_LONGEST_S = 3.0
_SAMPLE_S = 0.01
_SMALLEST_GROWTH = 2_000
_MORE = 100_000
"""Bytes. Resident memory that no counter explains is followed if it grew by more than this. A tracer leaves less."""
_FAR_MORE = 1_000_000

_active: Tree | None = None
"""The tree that a profile function fills; there is one at a time."""


def explain(answer: Answer, window_s: float) -> Generator[float]:
    """Watch the threads for some seconds and write the rows. Yields seconds to wait."""
    answer.held((yield from collect.settle()))
    counters = gauges.counters()
    sampled_malloc = _Samples(counters.in_use) if counters.in_use() >= 0 else None
    sampled_rss = _Samples(_read_rss)
    followed = (yield from _install(answer, counters.in_use)) if sampled_malloc and counters.native_is_fast else None
    try:
        until = awake_s() + min(window_s, _LONGEST_S)
        while awake_s() < until and not (followed and followed.full) and not answer.hurried:
            yield _SAMPLE_S
            for samples in filter(None, (sampled_malloc, sampled_rss)):
                samples.take()
    finally:
        abandon()
    if followed is not None:
        yield from hooks.remove()
    grew = followed.grew_bytes if followed else sampled_malloc.tree.grew_bytes if sampled_malloc else 0
    rss_grew = sampled_rss.tree.grew_bytes
    if rss_grew > 2 * grew + _MORE and (yield from _explain_maps(answer, window_s)):
        return
    if rss_grew > 2 * grew + _FAR_MORE:
        answer.note("resident memory grew by far more than the C allocator counts, so the stacks were sampled")
        _write(answer, sampled_rss.tree, "rss", exact=False)
    elif not (followed and _write(answer, followed, "malloc", exact=True)) and sampled_malloc:
        _write(answer, sampled_malloc.tree, "malloc", exact=False)


def _explain_maps(answer: Answer, window_s: float) -> Generator[float, None, int]:
    """Find the calls that map memory without the allocator and do not unmap it. Returns the number of rows written.

    The size of mapped memory is exact at each moment. The size of resident memory is not: the kernel updates it in
    steps of 64 pages.
    """
    maps = _MappedBytes()
    followed = yield from _install(answer, maps.read)
    if followed is None:
        return 0
    try:
        until = awake_s() + min(window_s, _LONGEST_S)
        while awake_s() < until and not followed.full and not answer.hurried:
            yield _SAMPLE_S
    finally:
        abandon()
    yield from hooks.remove()
    maps.close()
    if followed.grew_bytes < _MORE:
        return 0
    answer.note("resident memory grew by more than the C allocator counts, so calls that map memory were followed")
    return _write(answer, followed, "mapped", exact=True)


def abandon() -> None:
    """End profiling. Each thread removes its profile function at its next event."""
    global _active  # noqa: PLW0603 - threads have their own reference to it
    if _active is not None:
        _active.active = False
        if _active.collecting in gc.callbacks:
            gc.callbacks.remove(_active.collecting)
        _active = None
    hooks.release_new_threads()


def _install(answer: Answer, read: Callable[[], int]) -> Generator[float, None, Tree | None]:
    """Set the profile function, unless the program has its own profiler. Returns the tree, or None."""
    global _active  # noqa: PLW0603
    tree = _active = Tree(read)
    gc.callbacks.append(tree.collecting)
    problem = yield from hooks.install(tree.profile)
    if problem:
        abandon()
        answer.note("%s: its calls were sampled, not followed" % problem)
        return None
    return tree


def _write(answer: Answer, tree: Tree, counter: str, *, exact: bool) -> int:
    """Add the rows to the answer, and return how many there were."""
    total, seconds = tree.grew_bytes, round(system.monotonic() - tree.began_s, 3)
    if total < _SMALLEST_GROWTH:
        answer.note("no native memory to explain: %s grew by %d bytes" % (counter, total))
        return 0
    rows = tree.rows(exact=exact)
    for frames, grew, calls in rows:
        sizes = {"bytes": grew, "calls": calls, "total": total, "seconds": seconds}
        answer.add("native-site", frames=frames, counter=counter, exact=exact, **sizes)
    return len(rows)


def _read_rss() -> int:
    try:
        with system.open_file("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * system.PAGE_BYTES
    except OSError:
        return 0


class _MappedBytes:
    """The size of all memory that the process has mapped. Linux only; always 0 on other platforms."""

    def __init__(self) -> None:
        try:
            self._descriptor = wire.raise_number(system.open("/proc/self/statm", system.READ))
        except OSError:
            self._descriptor = -1

    def read(self) -> int:
        """Return the mapped bytes; takes about three microseconds."""
        try:
            system.seek(self._descriptor, 0, 0)
            return int(system.read(self._descriptor, 100).split()[0]) * system.PAGE_BYTES
        except (OSError, ValueError, IndexError):  # it was closed by the program
            return 0

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            system.close(self._descriptor)


class _Samples:
    """A counter that is read at intervals.

    Its changes are charged to the threads that have run since the previous reading.
    """

    def __init__(self, read: Callable[[], int]) -> None:
        self.tree = Tree(read)
        self._seen: dict[int, tuple[int, int]] = {}

    def take(self) -> None:
        """Charge the change to the newest thread that has run; if none has run, to the newest thread."""
        frames = interpreters.current_frames()
        frames.pop(get_ident(), None)
        moved = None
        for thread, frame in frames.items():
            where = id(frame), frame.f_lasti
            if self._seen.get(thread) != where:
                moved = moved or frame
            self._seen[thread] = where
        if frames:
            self.tree.sample(moved or next(iter(frames.values())))
