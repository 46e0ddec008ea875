"""Subinterpreters in the same process. If there may be any, the probe avoids everything that could run in one."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_MODULES = ("_interpreters", "_xxsubinterpreters")
"""The modules that create subinterpreters: since Python 3.13, and before."""

NOTE = (
    "the program uses subinterpreters: allocations were not traced and calls were not followed, "
    "because both abort CPython in a program with several interpreters"
)


_stops: list[Callable[[], None]] = []


def may_be_others() -> bool:
    """Whether the program can have subinterpreters.

    A pending call of the main thread may run in one of them, and would then mix objects of two allocators. The tables
    of `tracemalloc` and profile functions belong to the process, not to an interpreter.
    """
    return any(name in sys.modules for name in _MODULES)


def announce() -> None:
    """Stop what must not run beside a subinterpreter. Called just before the first one is created."""
    while _stops:
        _stops.pop()()


def stop_before(stop: Callable[[], None]) -> None:
    """Call a function before a subinterpreter is created. It replaces an earlier one."""
    _stops[:] = [stop]


def current_frames() -> dict[int, FrameType]:
    """Return the innermost frame of each thread; no frame if a thread might run another interpreter.

    Python creates objects for these frames, also for those of other interpreters, and the wrong allocator would free
    them.
    """
    return {} if may_be_others() else sys._current_frames()
