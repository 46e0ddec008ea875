"""Which counters see the program's allocations. A counter that does not see them is absent and is not judged.

Each counter is tested: another thread allocates a known number of blocks and bytes, and this thread reads the counter.
The test detects a counter of one thread's memory only (the block counter of Python's mimalloc), and a counter of an
allocator that is not in use (`mallinfo2`, if jemalloc is preloaded).
"""

from __future__ import annotations

import sys
from _thread import allocate_lock, start_new_thread
from itertools import repeat

from .system import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType
    from collections.abc import Callable

    Counter = Callable[[], int]

ABSENT = -1
_BLOCKS = 1_000
_LARGE_BLOCKS, _LARGE_BYTES = 32, 4_000
"""Larger than the blocks of Python's own allocator (512 bytes), smaller than the blocks that the C library maps
(128 KB)."""
_LEAST_SEEN, _MOST_SEEN = 0.5, 4.0
"""Limits of the rise, as shares of the expected rise. Other threads allocate and free during the test; a counter that
counts something else differs by far more."""
_TRIES = 3
_LOOKS, _LOOK_S = 100, 0.02
"""How often the probe waits for the other thread, and for how long each time. If a busy machine stops the whole
process, only one of these waits expires."""
_FAST_S = 20e-6


def _absent() -> int:
    return ABSENT


class Counters:
    """The counters of this process."""

    def __init__(self, main_thread: int) -> None:
        """Test the counters. `main_thread` is the identity of the main thread."""
        blocks: Counter = getattr(sys, "getallocatedblocks", _absent)
        candidates = _native_candidates()
        sighted = _sighted([(blocks, _BLOCKS), *((one, _LARGE_BLOCKS * _LARGE_BYTES) for one in candidates)])
        self.blocks: Counter = blocks if sighted[0] else _absent
        """Returns the blocks in use in Python's own allocator; -1 if they cannot be counted."""
        self.in_use: Counter = next((one for one, sees in zip(candidates, sighted[1:]) if sees), _absent)
        """Returns the bytes in use in the C allocator, including those in the thread caches of glibc; -1 as above."""
        self.native: Counter = _without_caches(self.in_use, main_thread)
        """Returns the same without the bytes in the thread caches."""
        self.native_is_fast = self.in_use is not _absent and _seconds(self.in_use) < _FAST_S
        """Whether `in_use` is fast enough (under 20 µs) to be read at each call and return of the program."""


def _native_candidates() -> list[Counter]:
    try:
        from . import allocators  # noqa: PLC0415 - some Pythons are built without ctypes

        return list(allocators.counters())
    except Exception:
        return []


def _without_caches(in_use: Counter, main_thread: int) -> Counter:
    """Return a counter of glibc without the bytes in its thread caches, if readable; any other counter as it is."""
    try:
        from . import allocators, thread_caches  # noqa: PLC0415

        if not allocators.is_of_glibc(in_use):
            return in_use
        caches = thread_caches.ThreadCaches(main_thread)
    except Exception:
        return in_use

    def count() -> int:
        return in_use() - caches.held_bytes()

    return count


def _sighted(counters: list[tuple[Counter, int]]) -> list[bool]:
    """Return for each counter whether it sees the allocations of another thread.

    Each counter comes with the expected rise, in its own unit.
    """
    sighted = [False] * len(counters)
    for _ in range(_TRIES):
        rises = _rises([counter for counter, _ in counters])
        for at, (rise, (_, expected)) in enumerate(zip(rises, counters)):
            sighted[at] = sighted[at] or _LEAST_SEEN * expected <= rise <= _MOST_SEEN * expected
        if all(sighted[:2]):
            break
    return sighted


def _rises(counters: list[Counter]) -> list[int]:
    ready, over, ended = allocate_lock(), allocate_lock(), allocate_lock()
    for lock in (ready, over, ended):
        lock.acquire()
    before = [counter() for counter in counters]
    start_new_thread(_allocate, (ready, over, ended))
    _await(ready)
    rises = [counter() - was for counter, was in zip(counters, before)]
    over.release()
    _await(ended)
    return rises


def _await(event: LockType) -> None:
    for _ in range(_LOOKS):
        if event.acquire(timeout=_LOOK_S):
            return


def _allocate(ready: LockType, over: LockType, ended: LockType) -> None:
    kept = [list(map(bytearray, repeat(_LARGE_BYTES, _LARGE_BLOCKS))), [object() for _ in range(_BLOCKS)]]
    ready.release()
    over.acquire()
    del kept
    ended.release()


def _seconds(counter: Counter) -> float:
    """Return how long a call takes, in seconds; the shortest of a few."""
    times = []
    for _ in range(_TRIES):
        started = system.perf_counter()
        counter()
        times.append(system.perf_counter() - started)
    return min(times)
