"""Scripts run at the same time, results are in order, and Ctrl-C always works."""

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from leakgate.measure.jobs import auto_jobs, measure_all
from leakgate.measure.processors import usable_processors
from leakgate.measure.surroundings import Interrupt
from leakgate.model.entry import ScriptEntry
from leakgate.model.target import TargetSpec

PATIENCE_S = 120.0
ENTRY = ScriptEntry(path=Path("/x"))


def targets(*names: str, duration_s: float = 1.0) -> list[TargetSpec]:
    return [
        TargetSpec(name=name, entry=ENTRY, python=Path("/p"), cwd=Path("/"), duration_s=duration_s) for name in names
    ]


def test_results_come_in_the_order_of_the_targets() -> None:
    second_done = threading.Event()

    def run(target: TargetSpec) -> str:
        if target.name == "a":
            assert second_done.wait(PATIENCE_S)
        else:
            second_done.set()
        return target.name.upper()

    assert measure_all(targets("a", "b"), jobs=2, run_one=run, interrupt=Interrupt()) == ("A", "B")


def test_one_at_a_time_is_one_at_a_time() -> None:
    running = threading.Semaphore(1)

    def run(_target: TargetSpec) -> bool:
        alone = running.acquire(blocking=False)
        if alone:
            running.release()
        return alone

    assert measure_all(targets("a", "b", "c"), jobs=1, run_one=run, interrupt=Interrupt()) == (True,) * 3


def test_auto_is_one_for_each_processor() -> None:
    assert auto_jobs() == usable_processors() >= 1


def test_an_exception_in_one_does_not_lose_the_others() -> None:
    done: list[str] = []

    def run(target: TargetSpec) -> str:
        if target.name == "b":
            raise ValueError(target.name)
        done.append(target.name)
        return target.name

    with pytest.raises(ValueError, match="b"):
        measure_all(targets("a", "b", "c"), jobs=1, run_one=run, interrupt=Interrupt())
    assert done == ["a", "c"]
    results = measure_all(
        targets("a", "b", "c"),
        jobs=1,
        run_one=run,
        interrupt=Interrupt(),
        on_error=lambda target, error: f"{target.name}: {type(error).__name__}",
    )
    assert results == ("a", "b: ValueError", "c")


@pytest.mark.skipif(sys.platform == "win32", reason="sends itself signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_what_runs_and_what_would_come(number: signal.Signals) -> None:
    interrupt = Interrupt()
    before = signal.getsignal(number)

    def run(target: TargetSpec) -> str:
        os.kill(os.getpid(), number)
        assert interrupt.stop.wait(PATIENCE_S)
        return target.name

    assert measure_all(targets("a", "b"), jobs=1, run_one=run, interrupt=interrupt) == ("a", None)
    assert not interrupt.finish.is_set()
    assert signal.getsignal(number) is before


@pytest.mark.skipif(sys.platform == "win32", reason="sends itself signals")
def test_a_gentle_watch_is_finished_first_and_stopped_the_second_time() -> None:
    interrupt = Interrupt(gentle=True)

    def run(target: TargetSpec) -> str:
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.finish.wait(PATIENCE_S)
        assert not interrupt.stop.is_set()
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.stop.wait(PATIENCE_S)
        return target.name

    assert measure_all(targets("a", "b"), jobs=1, run_one=run, interrupt=interrupt) == ("a", None)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_signal_that_was_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        seen = measure_all(
            targets("a"), jobs=1, run_one=lambda _: signal.getsignal(signal.SIGHUP), interrupt=Interrupt()
        )
        assert seen == (signal.SIG_IGN,)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_outside_the_main_thread_signals_are_left_alone() -> None:
    results: list[object] = []
    thread = threading.Thread(
        target=lambda: results.append(
            measure_all(targets("a"), jobs=1, run_one=lambda target: target.name, interrupt=Interrupt())
        )
    )
    thread.start()
    thread.join()
    assert results == [("a",)]


def test_an_exception_in_the_waiting_thread_stops_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt = Interrupt()

    def broken(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("leakgate.measure.jobs.wait", broken)
    with pytest.raises(KeyboardInterrupt):
        measure_all(targets("a"), jobs=1, run_one=lambda _: interrupt.stop.wait(PATIENCE_S), interrupt=interrupt)
    assert interrupt.stop.is_set()
