"""A full collection, on the main thread if possible, so that finalizers run on the thread where they usually run."""

from __future__ import annotations

import gc

from . import main_thread
from .system import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

_PATIENCE_S = 0.5
_RECENT_S = 0.1
_RARE = 3
_last_s, _took_s = float("-inf"), 0.0


def is_recent() -> bool:
    """Whether the last collection ended less than 0.1 s ago, or less than `_RARE` times its own duration ago.

    Another one would then hold the program for too large a part of the time.
    """
    return system.monotonic() < _last_s + max(_RECENT_S, _RARE * _took_s)


def settle() -> Generator[float, None, float]:
    """Run a full collection. Yields seconds to wait; returns how long the collection held the program, in seconds.

    If the program has switched the collector off, there is no collection: in such a program cyclic garbage stays, and
    is a leak.
    """
    global _last_s, _took_s  # the collector is shared by all threads
    if not gc.isenabled():
        return 0.0
    done = yield from main_thread.call(gc.collect, patience_s=_PATIENCE_S)
    seconds = done.seconds
    if not done.made:
        started = system.perf_counter()
        gc.collect()
        seconds = system.perf_counter() - started
    _last_s, _took_s = system.monotonic(), seconds
    return seconds
