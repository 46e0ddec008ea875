"""Which counters see what the program allocates. A counter that is blind is absent: nothing is judged by it.

Each is tried: another thread allocates a known number of blocks and bytes, and this one reads. That finds a counter of
one thread's memory only (the block counter of Python's mimalloc), and one of an allocator that is not in use
(`mallinfo2`, where jemalloc is preloaded).
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
"""Larger than what Python's allocator serves itself (512 bytes), smaller than what the C library maps (128 KB)."""
_LEAST_SEEN, _MOST_SEEN = 0.5, 4.0
"""Other threads allocate and free meanwhile; a counter that counts something else is off by far more."""
_TRIES = 3
_LONGEST_S = 1.0
_FAST_S = 20e-6


def _absent() -> int:
    return ABSENT


class Counters:
    """The counters of this process."""

    def __init__(self, main_thread: int) -> None:
        """Try them. `main_thread` is the identity of the main thread."""
        blocks: Counter = getattr(sys, "getallocatedblocks", _absent)
        candidates = _native_candidates()
        sighted = _sighted([(blocks, _BLOCKS), *((one, _LARGE_BLOCKS * _LARGE_BYTES) for one in candidates)])
        self.blocks: Counter = blocks if sighted[0] else _absent
        """Blocks in use in Python's own allocator; -1 where they cannot be counted."""
        self.in_use: Counter = next((one for one, sees in zip(candidates, sighted[1:]) if sees), _absent)
        """Bytes in use in the C allocator, those in the thread caches of glibc counted too; -1 as above."""
        self.native: Counter = _without_caches(self.in_use, main_thread)
        """The same without those."""
        self.native_is_fast = self.in_use is not _absent and _seconds(self.in_use) < _FAST_S
        """Whether it can be read at each call and return of the program."""


def _native_candidates() -> list[Counter]:
    try:
        from . import allocators  # noqa: PLC0415 - some Pythons are built without ctypes

        return list(allocators.counters())
    except Exception:
        return []


def _without_caches(in_use: Counter, main_thread: int) -> Counter:
    """Of glibc, less what its thread caches hold, where that can be read."""
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
    """Whether each counter sees what another thread allocates; each comes with how much that is in its unit."""
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
    ready.acquire(timeout=_LONGEST_S)
    rises = [counter() - was for counter, was in zip(counters, before)]
    over.release()
    ended.acquire(timeout=_LONGEST_S)
    return rises


def _allocate(ready: LockType, over: LockType, ended: LockType) -> None:
    kept = [list(map(bytearray, repeat(_LARGE_BYTES, _LARGE_BLOCKS))), [object() for _ in range(_BLOCKS)]]
    ready.release()
    over.acquire()
    del kept
    ended.release()


def _seconds(counter: Counter) -> float:
    """What a call takes, the shortest of a few."""
    times = []
    for _ in range(_TRIES):
        started = system.perf_counter()
        counter()
        times.append(system.perf_counter() - started)
    return min(times)
