"""Reading the counters: a few microseconds, nothing kept from one reading to the next."""

from __future__ import annotations

import gc
import sys
import time

from . import wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_ABSENT = -1

cpu_time = getattr(time, "thread_time", time.perf_counter)
"""What a reading costs the program is processor time: waiting for a busy machine is not held against it."""


def _find_native_counter() -> Callable[[], int] | None:
    try:
        from . import cabi  # noqa: PLC0415 - some Pythons are built without ctypes

        return cabi.find_native_counter()
    except Exception:
        return None


read_native = _find_native_counter() or (lambda: _ABSENT)
"""Bytes in use in the C allocator, -1 where they cannot be counted."""

_read_blocks = getattr(sys, "getallocatedblocks", lambda: _ABSENT)


def count_full_collections() -> int:
    """Collections of the oldest generation so far."""
    try:
        return int(gc.get_stats()[-1]["collections"])
    except (AttributeError, LookupError):
        return _ABSENT


def count_tasks() -> int:
    """Asyncio tasks that live, counted without touching them; -1 without asyncio, and where threads keep their own."""
    module = sys.modules.get("asyncio.tasks")
    if module is None or sys.version_info >= (3, 14):
        return _ABSENT
    try:
        tasks = module._scheduled_tasks if sys.version_info >= (3, 12) else module._all_tasks
        return len(tasks.data) + len(getattr(module, "_eager_tasks", ()))
    except (AttributeError, TypeError):
        return _ABSENT


class Reader:
    """Takes readings into one buffer that is used again and again."""

    def __init__(self) -> None:
        self.record = bytearray(wire.RECORD.size)

    def read(self, flags: int, seq: int, pause_s: float) -> float:
        """Take a reading into `record`; returns the processor time it took, in seconds."""
        before = cpu_time()
        blocks = _read_blocks()
        native = read_native()
        tasks = count_tasks()
        collections = count_full_collections()
        cost = cpu_time() - before
        wire.RECORD.pack_into(
            self.record, 0, time.monotonic(), blocks, native, tasks, collections, flags, seq, cost, pause_s
        )
        return cost
