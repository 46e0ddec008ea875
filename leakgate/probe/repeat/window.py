"""The explanation of a leak in a window of repetitions: the same as for scripts, but only repetitions move its clock.

A script runs while the probe's own thread looks at it. Here the look and the test share one thread, so a long look must
not use up the time in which the test should grow.
"""

from __future__ import annotations

from array import array

from ..system import system
from .originals import Original
from .rule import counts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .engine import Once, RepeatResult
    from .journal import Journal

_SHORTEST_WINDOW_S = 1.0
_SITES_ONLY_S = 0.4
_LONGEST_WINDOW_S = 6.0
_CALLS = 60
"""Repetitions in a window: enough for five marks with twelve repetitions between each two."""
_MOST_CALLS_A_WAIT = 64
"""A wait ends after this many repetitions, also if they are short: a window needs a few thousand at most."""
_MOST_MOMENTS = 20_000


class _CallClock:
    """The probe's clock during an explanation. It runs only while the test runs."""

    def __init__(self) -> None:
        self.now_s = system.monotonic()

    def monotonic(self) -> float:
        """Return the time in seconds; it never decreases."""
        return self.now_s


class _Sampler:
    """The attributes of the sampler that an explanation uses: the channel, and flags for readings (not taken here)."""

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.flags = 0


class _Command:
    def __init__(self, seq: int, seconds: float, bits: int) -> None:
        self.seq, self.seconds, self.bits = seq, seconds, bits
        self.opcode, self.pid = 2, Original.own_pid()


def explain(once: Once, journal: Journal, result: RepeatResult, *, fully: bool) -> dict[str, Any]:
    """Explain a leak, and return fields for the test's line: the file of the answer, and when each call ended."""
    from .. import explain as explaining  # noqa: PLC0415 - few tests leak

    each_s = result.seconds / max(1, result.repetitions)
    window_s = min(_LONGEST_WINDOW_S, max(_SHORTEST_WINDOW_S if fully else _SITES_ONLY_S, _CALLS * each_s))
    bits = explaining.TRACE
    if fully:
        bits |= explaining.HOLDERS | explaining.RESOURCES
    if fully and _needs_native(result):
        bits |= explaining.NATIVE
    clock = _CallClock()
    real_clock = system.monotonic
    system.monotonic = clock.monotonic  # type: ignore[assignment]
    steps = explaining.explain(_Sampler(journal.channel), _Command(1, window_s, bits))  # type: ignore[arg-type]
    moments = array("d", [0.0] * _MOST_MOMENTS)
    try:
        made = _drive(steps, once, clock, moments, window_s / _CALLS)
    finally:
        steps.close()
        system.monotonic = real_clock  # type: ignore[assignment]
    return {
        "explanation": "explain-%d-1.jsonl" % Original.own_pid(),
        "moments": [round(moment, 4) for moment in moments[:made]],
    }


def _needs_native(result: RepeatResult) -> bool:
    """Whether native memory grows by more than what lists and dictionaries of traced objects take.

    The search for native places reads a counter at each call and return of a function, which takes longer than all
    other looks together.
    """
    judged = counts.judge_counts(result.readings, result.repetitions, final=True, confirming=True)
    rising = {one.counter: one.per_call for one in judged.rising}
    return counts.BLOCKS not in rising or rising.get(counts.NATIVE, 0.0) >= counts.RULE.wanted_native_per_call


def _drive(steps: Any, once: Once, clock: _CallClock, moments: array[float], longest_s: float) -> int:
    """Repeat while the explanation waits, and return the number of moments that were recorded.

    `longest_s`: a call moves the clock by at most this, because tracing makes calls much slower.
    """
    made = 0
    for wait_s in steps:
        until = clock.now_s + wait_s
        for _ in range(_MOST_CALLS_A_WAIT):
            before = system.perf_counter()
            if once() is not None:
                return made
            clock.now_s += min(system.perf_counter() - before, longest_s)
            if made < _MOST_MOMENTS:
                moments[made] = clock.now_s
                made += 1
            if clock.now_s >= until:
                break
        clock.now_s = max(clock.now_s, until)
    return made
