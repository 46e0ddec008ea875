"""Runs several scripts at the same time, with results in the order of the config, and handles the user's Ctrl-C."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from types import FrameType
from typing import Final, TypeVar

from leakgate.measure.processors import usable_processors
from leakgate.measure.surroundings import Interrupt
from leakgate.model.target import TargetSpec

_LISTEN_S: Final = 0.2
"""Seconds of one wait. On Windows, a wait without a limit does not react to signals."""
_END_SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")

T = TypeVar("T")


def auto_jobs() -> int:
    """Return how many scripts ``--jobs auto`` runs at once: the number of usable processors.

    Verdicts do not change with that number (`make bench-stability`). More scripts would share processors and do less in
    the same time, so a slow leak could stay below the noise floor.
    """
    return usable_processors()


def measure_all(
    targets: Sequence[TargetSpec],
    *,
    jobs: int,
    run_one: Callable[[TargetSpec], T],
    interrupt: Interrupt,
    on_error: Callable[[TargetSpec, Exception], T] | None = None,
    time_limit_s: float | None = None,
) -> tuple[T | None, ...]:
    """Run every target, up to ``jobs`` at a time; the result is None for a target that was not started.

    ``run_one`` is called in threads. If it raises, ``on_error`` gives the result. Without ``on_error``, the other
    targets are finished first, and then the first exception is raised. While this runs, Ctrl-C, SIGTERM and SIGHUP set
    ``interrupt`` instead of raising, so that every script is ended properly. After ``time_limit_s`` seconds the same
    happens, and ``interrupt.out_of_time`` is set as well.
    """

    def run(target: TargetSpec) -> T | None:
        if interrupt.stop.is_set() or interrupt.finish.is_set():
            return None
        try:
            return run_one(target)
        except Exception as error:
            if on_error is None:
                raise
            return on_error(target, error)

    with _handling_signals(interrupt), _limited(interrupt, time_limit_s), ThreadPoolExecutor(max(1, jobs)) as pool:
        try:
            futures = [pool.submit(run, target) for target in targets]
            missing = set(futures)
            while missing:
                missing = wait(missing, timeout=_LISTEN_S).not_done
        except BaseException:
            interrupt.stop.set()
            raise
    return tuple(future.result() for future in futures)


@contextlib.contextmanager
def _limited(interrupt: Interrupt, time_limit_s: float | None) -> Iterator[None]:
    if time_limit_s is None:
        yield
        return
    timer = threading.Timer(time_limit_s, interrupt.stop_for_time)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextlib.contextmanager
def _handling_signals(interrupt: Interrupt) -> Iterator[None]:
    def on_signal(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT and interrupt.gentle and not interrupt.finish.is_set():
            interrupt.finish.set()
        else:
            interrupt.stop.set()

    before: dict[signal.Signals, Callable[[int, FrameType | None], object] | int] = {}
    if threading.current_thread() is threading.main_thread():
        for number in (one for one in signal.Signals if one.name in _END_SIGNALS):
            handler = signal.getsignal(number)
            if handler is not None and handler is not signal.SIG_IGN:
                before[number] = handler
                signal.signal(number, on_signal)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
