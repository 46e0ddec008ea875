"""A full collection, on the main thread where that is possible: the program's finalizers then run where they would anyway."""

from __future__ import annotations

import gc
import time
from itertools import repeat, starmap

from _operator import truth

_LONGEST_WAIT_S = 0.5
_LOOK_S = 0.005

_timed: list[tuple[float, int, float]] = []


def _collect_in_one_step():
    """A callable that collects, with the time before and after put in `_timed`, and gives False.

    It is built of C functions only: between two bytecodes a signal handler of the program may run, and a KeyboardInterrupt
    raised inside a callback would be lost.
    """
    ever = repeat(())
    timed = zip(starmap(time.perf_counter, ever), starmap(gc.collect, ever), starmap(time.perf_counter, ever))
    return map(truth, map(_timed.append, timed)).__next__


def _prepare():
    try:
        from . import cabi  # noqa: PLC0415 - some Pythons are built without ctypes

        return cabi.prepare_pending_call(_collect_in_one_step())
    except Exception:
        return lambda: False


_schedule = _prepare()
_outstanding = False


def settle():
    """Collect; a generator that yields how long to wait, and returns how long the collection held the program, in seconds.

    A program that switched the collector off is left as it is: there, cyclic garbage stays, and is a leak.
    """
    global _outstanding  # noqa: PLW0603 - one main thread, one collection at a time
    if not gc.isenabled():
        return 0.0
    if _timed:  # an earlier collection was late
        _timed.clear()
        _outstanding = False
    if not _outstanding and _schedule():
        _outstanding = True
        give_up = time.monotonic() + _LONGEST_WAIT_S
        while not _timed and time.monotonic() < give_up:
            yield _LOOK_S
    if _timed:
        before, _, after = _timed.pop()
        _outstanding = False
        return after - before
    started = time.perf_counter()  # the main thread is busy in C
    gc.collect()
    return time.perf_counter() - started


def forget() -> None:
    """In a forked child: what was asked of the parent's main thread is the parent's."""
    global _outstanding  # noqa: PLW0603
    _timed.clear()
    _outstanding = False
