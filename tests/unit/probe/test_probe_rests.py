"""Suspects whose memory goes away if the process rests: timers, caches with a time to live, and leaks beside them.

What a timer does is done by the function that rests, so nothing here waits for a clock.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.probe.test_probe_confirming import measured as measured  # noqa: PLC0414 - a fixture
from tests.unit.probe.test_probe_confirming import part as part  # noqa: PLC0414 - a fixture
from tests.unit.probe.test_probe_repeating import programs as programs  # noqa: PLC0414 - a fixture


class Suspect:
    """Keeps something for a time, which ends at the next rest, and may keep more for ever."""

    def __init__(self, *, leaks: bool = False, ends: bool = True, fails_at: int = 0) -> None:
        self.waiting: list[list[int]] = []
        self.kept: list[list[int]] = []
        self.leaks, self.ends, self.fails_at = leaks, ends, fails_at
        self.rests: list[float] = []

    def __call__(self) -> str | None:
        time.monotonic()
        self.waiting.append([1])
        if self.leaks:
            self.kept.append([1])
        return "it failed" if self.fails_at and len(self.rests) >= self.fails_at else None

    def rest(self, seconds: float) -> None:
        self.rests.append(seconds)
        if self.ends:
            self.waiting.clear()


@pytest.mark.parametrize(
    ("suspect", "answer", "stopped"),
    [
        (Suspect(), "ok", "rested"),
        (Suspect(leaks=True), "leak", "rested"),
        (Suspect(ends=False), "leak", "decided"),
        (Suspect(fails_at=1), "leak", "decided"),
        (Suspect(fails_at=3), "leak", "decided"),
    ],
    ids=["timer", "timer and leak", "leak", "fails at the first rest", "fails between levels"],
)
def test_a_suspect_with_timers_is_judged_after_rests(
    suspect: Suspect, answer: str, stopped: str, part: Callable[[str], Any], measured: None
) -> None:
    engine = part("engine")
    monkeypatch = pytest.MonkeyPatch()
    with monkeypatch.context() as patch:
        patch.setattr(engine, "_MAKES_OPCODE_CACHES", False)
        first = Suspect()  # what earlier tests left in this process goes away while it is repeated
        engine.repeat(first, engine.RepeatPlan(600.0, confirming=True, rest=first.rest))
        result = engine.repeat(suspect, engine.RepeatPlan(600.0, confirming=True, rest=suspect.rest))
    assert (result.answer, result.stopped) == (answer, stopped)
    assert len(suspect.rests) > 0


def test_a_suspect_that_takes_long_is_called_once_after_each_rest(part: Callable[[str], Any], measured: None) -> None:
    engine, rests = part("engine"), part("rests")
    suspect = Suspect()
    result = engine.repeat(suspect, engine.RepeatPlan(600.0, confirming=True, most=200, rest=bool))
    result.seconds = 200.0
    made = rests.Rests(suspect, suspect.rest, bool, result)
    suspect.waiting.clear()
    assert made._rested(0.5)
    assert (suspect.rests, len(suspect.waiting)) == ([0.5], 1)


def reads_date() -> None:
    dt.datetime.now(dt.timezone.utc)


def reads_nanoseconds() -> None:
    time.time_ns()


def calls_framework() -> None:
    space: dict[str, Any] = {"__name__": "_pytest.runner", "clock": time.perf_counter}
    exec("clock()", space)


@pytest.mark.parametrize(
    ("once", "reads"),
    [(time.sleep, False), (reads_date, True), (calls_framework, False), (reads_nanoseconds, True)],
)
def test_calls_that_read_the_clock(once: Any, *, reads: bool, part: Callable[[str], Any]) -> None:
    rests = part("rests")
    assert rests._reads_clock(lambda: once(0) if once is time.sleep else once()) is reads
    assert sys.getprofile() is None


def test_a_profiler_of_the_program_stays_where_the_clock_is_looked_for(part: Callable[[str], Any]) -> None:
    def profile(*_: object) -> None:
        pass

    sys.setprofile(profile)
    try:
        assert part("rests")._reads_clock(bool)
        assert sys.getprofile() is profile
    finally:
        sys.setprofile(None)


def test_timers_and_threads_that_wait(part: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    rests = part("rests")
    monkeypatch.setattr(rests.piled_up, "tasks", list)
    for threads, waits in ((2, True), (1, False)):
        monkeypatch.setattr(rests, "count_threads", lambda threads=threads: threads)
        assert rests.something_waits(bool) is waits
    loop = asyncio.new_event_loop()
    try:
        timer = loop.call_later(600.0, bool)
        assert rests.something_waits(bool)
        timer.cancel()
        assert not rests.something_waits(bool)
    finally:
        loop.close()
    monkeypatch.delitem(sys.modules, "asyncio.events")
    assert not rests._timers_wait()


def test_the_loop_of_an_asynchronous_callable_runs_while_it_rests(programs: Any) -> None:
    left = [20]

    def later() -> None:
        left[0] -= 1
        if left[0]:
            asyncio.get_event_loop().call_later(0.0, later)

    async def schedules() -> None:
        asyncio.get_running_loop().call_later(0.0, later)

    callee = programs.callables.Callee(schedules)
    callee.call()
    assert left[0] > 10, "the loop stops with the call"
    for _ in range(1_000):
        callee.rest(0.01)
        if not left[0]:
            break
    assert left[0] == 0
    callee.close()
    asyncio.set_event_loop(None)
    plain = programs.callables.Callee(bool)
    plain.rest(0.0)
    plain.close()
