"""Reads the counters. A reading takes a few microseconds and keeps nothing for the next one."""

from __future__ import annotations

import gc
import sys
from _functools import partial  # type: ignore[import-not-found] # functools without its imports
from _operator import is_not, methodcaller, not_

from . import wire
from .counters import ABSENT, Counters
from .system import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .call_count import CallCount

_MOST_TASKS = 50_000
"""Above this number all tasks count as not done: asking each of them would hold the program for several
milliseconds."""
_follow = methodcaller("__call__")
_is_something = partial(is_not, None)
_MOST_LOADED_BLOCKS, _MOST_LOADED_BYTES = 40_000, 4_000_000
"""Four times the largest size of the probe's own modules. A larger rise during their import is the program's."""


_counters: Counters | None = None
"""The counters that work; tested once, and valid in a forked child too. None before the test."""


def counters() -> Counters:
    """Return the counters of this process. Raises AssertionError if there is no `Reader` yet."""
    if _counters is None:
        raise AssertionError("nothing was tried yet")
    return _counters


def count_blocks() -> int:
    """Return the live blocks of Python's own allocator; -1 if they cannot be counted."""
    return counters().blocks()


def read_native() -> int:
    """Return the bytes in use in the C allocator; -1 if they cannot be counted."""
    return counters().native()


def count_full_collections() -> int:
    """Return the number of collections of the oldest generation so far; -1 if it is not known."""
    try:
        return int(gc.get_stats()[-1]["collections"])
    except (AttributeError, LookupError):
        return ABSENT


def count_tasks() -> int:
    """Return the number of asyncio tasks that are not done; -1 without asyncio, and from Python 3.14 on.

    Python 3.14 keeps tasks for each thread. One chain of C functions counts the tasks, so no other thread runs in
    between, and no task loses its last other reference while the probe holds one.
    """
    module = sys.modules.get("asyncio.tasks")
    if module is None or sys.version_info >= (3, 14):
        return ABSENT
    try:
        tasks = module._scheduled_tasks if sys.version_info >= (3, 12) else module._all_tasks
        return _count_undone(tasks.data) + len(getattr(module, "_eager_tasks", ()))
    except (AttributeError, KeyError, TypeError):
        return ABSENT


def _count_undone(references: set[object]) -> int:
    if len(references) > _MOST_TASKS:
        return len(references)
    try:
        is_done = sys.modules["_asyncio"].Future.done
        return sum(map(not_, map(is_done, filter(_is_something, map(_follow, references)))))
    except TypeError:  # tasks that are written in Python
        return len(references)


class Reader:
    """Takes readings into one buffer that is reused."""

    def __init__(self, main_thread: int, calls: CallCount | None = None) -> None:
        global _counters  # noqa: PLW0603 - a process has one allocator
        _counters = _counters or Counters(main_thread)
        self.record = bytearray(wire.RECORD.size)
        self._calls = calls
        self._own_blocks = self._own_bytes = 0

    def load(self, load: Callable[[], object]) -> None:
        """Call a function that loads modules of the probe. Their memory is subtracted from all later readings."""
        blocks, native = count_blocks(), read_native()
        load()
        self._own_blocks += _own(count_blocks() - blocks, _MOST_LOADED_BLOCKS)
        self._own_bytes += _own(read_native() - native, _MOST_LOADED_BYTES)

    def read(self, flags: int, seq: int, pause_s: float) -> float:
        """Take a reading into `record`, and return the processor time that it took, in seconds."""
        before = system.cpu_time()
        blocks = _less(count_blocks(), self._own_blocks)
        native = _less(read_native(), self._own_bytes)
        tasks = count_tasks()
        collections = count_full_collections()
        calls = ABSENT if self._calls is None else self._calls.read()
        cost = system.cpu_time() - before
        wire.RECORD.pack_into(
            self.record, 0, system.monotonic(), blocks, native, tasks, collections, calls, flags, seq, cost, pause_s
        )
        return cost


def _own(grew: int, most: int) -> int:
    return grew if 0 <= grew <= most else 0


def _less(count: int, own: int) -> int:
    return count - own if count >= own else count
