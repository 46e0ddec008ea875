"""A full collection, on the main thread where that is possible: finalizers then run where they would anyway."""

from __future__ import annotations

import gc
import time

from . import main_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

_PATIENCE_S = 0.5


def settle() -> Generator[float, None, float]:
    """Collect; yields how long to wait, and returns how long the collection held the program, in seconds.

    A program that switched the collector off is left as it is: there, cyclic garbage stays, and is a leak.
    """
    if not gc.isenabled():
        return 0.0
    done = yield from main_thread.call(gc.collect, patience_s=_PATIENCE_S)
    if done.made:
        return done.seconds
    started = time.perf_counter()
    gc.collect()
    return time.perf_counter() - started
