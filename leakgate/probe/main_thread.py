"""Calls C functions on the main thread, between two bytecodes of the program.

The callback and all that it calls are C functions. In a Python function, a signal handler of the program could run,
and a KeyboardInterrupt that is raised inside a callback would be lost.
"""

from __future__ import annotations

from _functools import partial  # type: ignore[import-not-found] # functools without its imports
from _operator import methodcaller, truth
from itertools import repeat, starmap

from . import interpreters
from .awake import awake_s
from .system import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_LOOK_S = 0.005

_jobs: list[Callable[[], object]] = []
_timed: list[tuple[float, object, float]] = []


def _prepare() -> Callable[[], bool]:
    try:
        from . import cabi  # noqa: PLC0415 - some Pythons are built without ctypes

        clock = starmap(system.perf_counter, repeat(()))
        results = map(methodcaller("__call__"), iter(_jobs.pop, None))
        timed = zip(clock, results, clock)
        return cabi.prepare_pending_call(map(truth, map(_timed.append, timed)).__next__)
    except Exception:
        return lambda: False


_schedule = _prepare()


class Call:
    """The outcome of a call: whether it was made, its result, and the seconds for which it held the program."""

    __slots__ = ("made", "result", "seconds")

    def __init__(self, *, made: bool, result: object = None, seconds: float = 0.0) -> None:
        self.made, self.result, self.seconds = made, result, seconds


def call(function: Callable[..., object], *arguments: object, patience_s: float) -> Generator[float, None, Call]:
    """Call a C function on the main thread, unless that stays in C code for too long. Yields seconds to wait."""
    if _jobs:
        return Call(made=False)  # the previous call still waits, and the interpreter's queue has only 32 places
    if interpreters.may_be_others():
        return Call(made=False)
    _timed.clear()
    job = partial(function, *arguments)
    _jobs.append(job)
    if not _schedule():
        _jobs.remove(job)
        return Call(made=False)
    give_up = awake_s() + patience_s
    while not _timed and awake_s() < give_up:
        yield _LOOK_S
    if not _timed and job in _jobs:
        _jobs[_jobs.index(job)] = bool  # a pending call cannot be cancelled: it will do nothing
        return Call(made=False)
    while not _timed:
        yield _LOOK_S
    before, result, after = _timed.pop()
    return Call(made=True, result=result, seconds=after - before)


def is_awaited() -> bool:
    """Whether a pending call was not made yet."""
    return bool(_jobs)


def forget() -> None:
    """In a forked child: make the pending calls of the parent do nothing. The interpreter may still make them here."""
    _jobs[:] = [bool] * len(_jobs)
