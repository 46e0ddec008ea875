"""Looks whether what a suspect leaves behind goes away by itself: timers, timeouts and threads that end later.

Repetitions can be faster than a timeout. Then healthy sessions, delayed callbacks and entries with a time to live pile
up, as in a leak. If the process rests, their memory comes back. That of a leak stays.
"""

from __future__ import annotations

import sys
import time

from .. import piled_up
from .caches import Caches
from .count_readings import CountReadings, count_threads
from .originals import Original
from .rule import counts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .repeat_result import Once, RepeatResult

    Rest = Callable[[float], None]
    """Waits for a number of seconds. The event loop of an asynchronous callable runs meanwhile."""
    Settle = Callable[[], None]

_STEPS_S = (0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.5)
"""The rests in seconds, five seconds together. Most timeouts in tests are shorter. Each leak costs this time."""
_CALLS = 4
"""Calls after each rest. A cache with a time to live drops its old entries in a call, and an event loop that belongs to
the tests runs in a call only."""
_SLOW_CALL_S = 0.1
"""Seconds. A test that takes longer is called only once after each rest."""
_FALL = 0.1
"""A counter has fallen if it loses this share of what it gained in the repetitions."""
_BACK = 0.9
"""It is back if it loses this share."""
_LONGER, _MORE_S = 1.25, 0.1
"""A rest takes a quarter and a tenth of a second longer than the memory took to come back: the machine may be busy."""
_BATCHES = 4
"""Levels after the first one: as many as the rule needs for a steady rise of a counter with few readings."""
_FEWEST = 16
"""Calls between two rests at least: a leak in every 16th call must show."""
_CLOCKS = frozenset(("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"))
_DATES = frozenset(("now", "utcnow", "today"))
_FRAMEWORKS = ("_leakgate_probe", "_pytest", "pluggy", "unittest", "logging", "asyncio", "threading", "selectors")
"""Packages that read the clock for themselves. That does not show whether the test reads it."""
_BUILTIN: Any = type(len)


def something_waits(once: Once) -> bool:
    """Whether tasks, threads or timers are alive, or the suspect reads the clock. Calls it once more to see that."""
    if count_threads() > 1 or piled_up.tasks() or _timers_wait():
        return True
    return _reads_clock(once)


def _timers_wait() -> bool:
    timer: Any = getattr(sys.modules.get("asyncio.events"), "TimerHandle", None)
    if timer is None:
        return False
    return any(not one._cancelled for one in Original.objects() if type(one) is timer)


def _reads_clock(once: Once) -> bool:
    """Whether a call reads the clock outside of test frameworks, as a cache with a time to live does."""
    if sys.getprofile() is not None:
        return True  # the program has a profiler of its own, which must stay
    seen: list[str] = []

    def look(frame: Any, event: str, function: Any) -> None:  # pragma: no cover - nothing traces a profile function
        if event == "c_call" and not seen and _is_clock(function):
            package = str(frame.f_globals.get("__name__")).partition(".")[0]
            if package not in _FRAMEWORKS:
                seen.append(package)

    sys.setprofile(look)
    try:
        once()
    finally:
        sys.setprofile(None)
    return bool(seen)


def _is_clock(function: Any) -> bool:  # pragma: no cover - the profile function calls it
    if type(function) is not _BUILTIN:
        return False
    owner, name = function.__self__, function.__name__
    return (owner is time and name in _CLOCKS) or (isinstance(owner, type) and name in _DATES)


class Rests:
    """The rests of one suspect whose counters did not come to rest."""

    def __init__(self, once: Once, rest: Rest, settle: Settle, result: RepeatResult) -> None:
        self._once, self._rest, self._settle, self._result = once, rest, settle, result
        judged = counts.judge_counts(result.readings, result.repetitions, final=True, confirming=True)
        grown = [one for one in judged.counters if one.state != counts.REST and one.counter != counts.RESIDENT]
        self._gained = {one.counter: one.end - one.start for one in grown if one.end > one.start}
        """What each counter gained in the repetitions. Resident memory does not come back when objects go."""
        self._each_s = result.seconds / max(1, result.repetitions)
        self._caches = Caches()
        self._caches.find()
        self._with_containers = result.readings["containers"][0] >= 0

    def judge(self) -> None:
        """Rest. If memory comes back, judge the levels after rests, and put them and the answer into the result."""
        life_s = self._life_s() if self._gained else 0.0
        if not life_s:
            return
        rest_s = _LONGER * life_s + _MORE_S
        size = max(_FEWEST, self._result.repetitions // _BATCHES)
        levels = CountReadings(_BATCHES + 1, counts_containers=self._with_containers)
        for number in range(_BATCHES + 1):
            if not (self._call(size if number else 0) and self._rested(rest_s)):
                return
            self._read(levels)
            if self._decides(levels, size, final=number == _BATCHES):
                return

    def _decides(self, levels: CountReadings, size: int, *, final: bool) -> bool:
        """Judge the levels so far, and return whether the answer is clear. Keeps nothing that the next level counts."""
        readings = _series(levels, size)
        judged = counts.judge_counts(readings, self._result.repetitions, final=final, confirming=True)
        if judged.answer == counts.GO_ON:
            return False
        self._result.answer, self._result.stopped = judged.answer, "rested"
        self._result.readings.update(readings)
        return True

    def _life_s(self) -> float:
        """Rest in steps. Returns the seconds until no more memory came back; 0 if none did."""
        began = Original.clock()
        first = lowest = self._levels()
        life_s = 0.0
        for step_s in _STEPS_S:
            if not self._rested(step_s):
                return 0.0
            now, waited_s = self._levels(), Original.clock() - began
            if self._fell(lowest, now, _FALL):
                life_s, lowest = waited_s, now
            if self._fell(first, now, _BACK) or 0 < 2 * life_s <= waited_s:
                break
        return life_s

    def _rested(self, seconds: float) -> bool:
        """Rest, then call the suspect a few times. Returns False if a call failed."""
        self._rest(seconds)
        return self._call(1 if self._each_s > _SLOW_CALL_S else _CALLS)

    def _call(self, times: int) -> bool:
        return all(self._once() is None for _ in range(times))

    def _levels(self) -> dict[str, int]:
        readings = CountReadings(1, counts_containers=self._with_containers)
        self._read(readings)
        return {name: series[0] for name, series in readings.values().items()}

    def _read(self, readings: CountReadings) -> None:
        """Read the counters, without garbage and without what bounded caches keep."""
        self._result.caches += self._caches.look()
        self._caches.empty()
        self._settle()
        readings.read()
        readings.read_coarse()

    def _fell(self, before: dict[str, int], now: dict[str, int], share: float) -> bool:
        return any(before[name] - now[name] >= share * gained for name, gained in self._gained.items())


def _series(levels: CountReadings, size: int) -> dict[str, list[int]]:
    """Return the levels after rests by the name of their series. `size`: calls between two rests."""
    found = {counts.RESTED + name: list(series) for name, series in levels.values().items()}
    found[counts.RESTED_CALLS] = [size * number for number in range(levels.count)]
    return found
