"""The explanation of a leak in a window of repetitions: the same as for scripts, but only repetitions move its clock.

A script runs while the probe's own thread looks at it. Here the look and the test share one thread, so a long look must
not use up the time in which the test should grow. And a test of a microsecond must not be repeated for a second: each
repetition leaves something behind, and a look at 100,000 leaked objects takes minutes.
"""

from __future__ import annotations

from array import array

from .. import explain as explaining
from ..answer import Answer
from ..system import system
from .originals import Original
from .rule import counts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from .journal import Journal
    from .repeat_result import Once, RepeatResult

_WINDOW_S = 1.0
"""Length of a window on the clock of the explanation."""
_FEWEST_CALLS, _MOST_CALLS = 60, 2_000
"""The least and the most repetitions in a window. 60: five marks with twelve repetitions between each two. 2,000: there
are about five windows, and the channel stores the time of each repetition."""
_FEWEST_SLOW_CALLS = 20
"""Repetitions in a window for a test that is so slow that more would take longer than `_LONGEST_WINDOW_S`."""
_LONGEST_WINDOW_S = 3.0
_LONGEST_CPU_S, _LONGEST_S = 60.0, 300.0
"""Seconds of this thread's processor time, and seconds, for the whole explanation. After that, the answer holds what is
known so far. On a busy machine, the same explanation takes eight times as many seconds."""
_MOST_MOMENTS = 20_000
_WANTED = {
    counts.BLOCKS: 60.0,
    counts.NATIVE: 10_000.0,
    counts.RESIDENT: 250_000.0,
    counts.DESCRIPTORS: 20.0,
    counts.THREADS: 20.0,
    counts.TASKS: 20.0,
    counts.CONTAINERS: 16_000.0,
}
"""Growth in one window that the looks need, by counter. Native places need 2,000 bytes, and mapped memory 100,000
bytes more than the allocator explains. A list of 1,000 references is moved once in 125 of them, and only that is
traced: 2,000 references."""


class _CallClock:
    """The probe's clock during an explanation. Each repetition moves it by the same step, short or long."""

    def __init__(self) -> None:
        self.now_s = system.monotonic()

    def monotonic(self) -> float:
        """Return the time in seconds; it never decreases."""
        return self.now_s


def explain(once: Once, journal: Journal, result: RepeatResult, *, fully: bool) -> dict[str, Any]:
    """Explain a leak, and return fields for the test's line: the file of the answer, and when each call ended."""
    rising = rising_counters(result)
    bits = explaining.TRACE
    if fully:
        bits |= explaining.HOLDERS | explaining.RESOURCES
    if fully and needs_native(rising):
        bits |= explaining.NATIVE
    calls = calls_in_window(rising, result.seconds / max(1, result.repetitions))
    clock = _CallClock()
    real_clock = system.monotonic
    system.monotonic = clock.monotonic  # type: ignore[assignment]
    steps = explaining.explain(Answer(journal.channel, 1), bits, _WINDOW_S)
    moments = array("d", [0.0] * _MOST_MOMENTS)
    try:
        made = _drive(steps, once, clock, moments, _WINDOW_S / calls)
    finally:
        steps.close()
        system.monotonic = real_clock  # type: ignore[assignment]
    return {
        "explanation": "explain-%d-1.jsonl" % Original.own_pid(),
        "moments": [round(moment, 4) for moment in moments[:made]],
    }


def rising_counters(result: RepeatResult) -> dict[str, float]:
    """Return the growth per call of each counter that rises steadily."""
    judged = counts.judge_counts(result.readings, result.repetitions, final=True, confirming=True)
    return {one.counter: one.per_call for one in judged.rising}


def calls_in_window(rising: Mapping[str, float], each_s: float) -> int:
    """Return how many repetitions a window needs.

    `rising`: growth per call by counter. The slowest counter decides: a leak in every 16th call needs 16 times as many
    repetitions as a leak in every call. A list that holds leaked blocks grows by 8 bytes per call; the blocks show it
    in far fewer repetitions than its own size. `each_s`: seconds of a repetition; slow tests get fewer.
    """
    unneeded = set()
    if counts.BLOCKS in rising:
        unneeded = {counts.CONTAINERS} if needs_native(rising) else {counts.CONTAINERS, counts.NATIVE}
    wanted = [_WANTED[name] / per_call for name, per_call in rising.items() if per_call > 0 and name not in unneeded]
    calls = min(_MOST_CALLS, max([_FEWEST_CALLS, *wanted]))
    if calls * each_s > _LONGEST_WINDOW_S:
        calls = max(_FEWEST_SLOW_CALLS, _LONGEST_WINDOW_S / each_s)
    return round(calls)


def needs_native(rising: Mapping[str, float]) -> bool:
    """Whether native memory grows by more than the lists and dictionaries of the traced objects take.

    The search for native places reads a counter at each call and return of a function, which takes longer than all
    other looks together.
    """
    return counts.BLOCKS not in rising or rising.get(counts.NATIVE, 0.0) >= counts.RULE.wanted_native_per_call


def _drive(steps: Any, once: Once, clock: _CallClock, moments: array[float], step_s: float) -> int:
    """Repeat while the explanation waits, and return the number of moments that were recorded."""
    made = 0
    give_up, give_up_cpu = system.perf_counter() + _LONGEST_S, system.cpu_time() + _LONGEST_CPU_S
    for wait_s in steps:
        until = clock.now_s + wait_s
        while clock.now_s < until:
            if once() is not None or system.perf_counter() > give_up or system.cpu_time() > give_up_cpu:
                return made
            clock.now_s += step_s
            if made < _MOST_MOMENTS:
                moments[made] = clock.now_s
                made += 1
    return made
