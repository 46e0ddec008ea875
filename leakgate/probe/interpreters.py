"""Other interpreters in the same process: from here on, nothing of the program is touched that they might run."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_MODULES = ("_interpreters", "_xxsubinterpreters")
"""What creates them: since Python 3.13, and before."""

NOTE = (
    "the program uses subinterpreters: allocations were not traced and calls were not followed, "
    "for CPython aborts a program of several interpreters where that is done"
)


_stops: list[Callable[[], None]] = []


def may_be_others() -> bool:
    """Whether the program can have subinterpreters.

    What the main thread is asked to call may run in one of them, and objects of two allocators then meet; the tables
    of `tracemalloc` and profile functions belong to the process, not to an interpreter.
    """
    return any(name in sys.modules for name in _MODULES)


def announce() -> None:
    """A first one is about to be made: stop what must not go on then."""
    while _stops:
        _stops.pop()()


def stop_before(stop: Callable[[], None]) -> None:
    """Have a function called before another interpreter is made."""
    _stops[:] = [stop]


def current_frames() -> dict[int, FrameType]:
    """The innermost frame of each thread; none where one might be running another interpreter.

    Python makes objects of the frames that are asked for, of those of other interpreters too, and the wrong allocator
    frees them.
    """
    return {} if may_be_others() else sys._current_frames()
