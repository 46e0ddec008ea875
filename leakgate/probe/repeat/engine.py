"""The loop of repetitions: run, clean up, take a reading, and judge at some readings.

The loop itself keeps no memory that grows.
"""

from __future__ import annotations

import sys

from .caches import Caches
from .count_readings import CountReadings
from .freezing import Freezing
from .originals import Original
from .repeat_result import RepeatResult
from .rests import Rests, something_waits
from .rule import counts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .repeat_result import Once
    from .rests import Rest

_MOST_COLLECTIONS = 3
_ALL, _YOUNG = 2, 1
"""Generations of the collector. Between two tests, `unfreeze` moves all older objects to the oldest generation. To
collect only the younger ones takes microseconds; a full collection takes 83 ms for 100,000 objects. Older garbage stays
until the first full collection, in repetition 36. The counters fall there, which restarts the comparison. The total
size of containers has no such comparison, so it starts without garbage, and so does a suspect."""
_GREW = (counts.INCONCLUSIVE, counts.LEAK)
"""Answers on a suspect that did not come to rest."""
_ESTIMATE_AT = 2
"""Number of repetitions after which the loop estimates whether it can reach the least number in time."""
_TOO_SLOW = (counts.RULE.least - _ESTIMATE_AT) / _ESTIMATE_AT / 2
"""A multiple of the time of the first repetitions: the time of the other repetitions if they are twice as fast. If that
is too long, the loop stops."""
_MAKES_OPCODE_CACHES = sys.version_info < (3, 11)
"""CPython 3.8 to 3.10 makes a cache for the instructions of a function in its 1,024th call: two blocks for each
function that a test calls, spread over the repetitions. Source: `OPCACHE_MIN_RUNS` in Python/ceval.c."""
_HAVE_CACHES_AFTER = 1024
"""Repetitions after which each function that the test calls every time has its cache."""


class RepeatPlan:
    """How long and how carefully one test is repeated."""

    __slots__ = ("collects", "confirming", "counts_containers", "most", "rest", "time_s")

    def __init__(
        self,
        time_s: float,
        *,
        confirming: bool,
        most: int = 0,
        collects: bool = True,
        counts_containers: bool = False,
        rest: Rest = Original.sleep,
    ) -> None:
        self.time_s = time_s
        """Seconds for the repetitions of one test."""
        self.confirming = confirming
        self.most = most or counts.RULE.looks()[-1]
        """Repetitions at most."""
        self.collects = collects
        """False if the program has switched the collector off: then cyclic garbage stays, and counts."""
        self.counts_containers = counts_containers
        """Whether each look sums up the sizes of all containers. It takes milliseconds, too much for every test."""
        self.rest = rest
        """Waits for a number of seconds, so that timers and threads of the test can end."""

    def shortened(self, most: int) -> RepeatPlan:
        """Return the same plan with another largest number of repetitions."""
        return RepeatPlan(
            self.time_s,
            confirming=self.confirming,
            most=most,
            collects=self.collects,
            counts_containers=self.counts_containers,
            rest=self.rest,
        )


def repeat(once: Once, plan: RepeatPlan) -> RepeatResult:
    """Repeat until the answer is clear, a repetition fails, or the time is over.

    Repetitions can be faster than a timer that ends what they begin. So a suspect with timers is repeated with rests.
    """
    result = _repeat_with_caches(once, plan)
    if plan.confirming and result.answer in _GREW and something_waits(once):
        Rests(once, plan.rest, lambda: _settle(plan, None), result).judge()
    return result


def _repeat_with_caches(once: Once, plan: RepeatPlan) -> RepeatResult:
    """Repeat. The functions of a suspect may get caches of opcodes meanwhile.

    Then all repetitions are done again, with these caches in place.
    """
    result = _repeat_once(once, plan)
    if not (plan.confirming and _MAKES_OPCODE_CACHES) or result.answer not in _GREW:
        return result
    most = plan.most
    if result.answer == counts.LEAK:
        rising = counts.judge_counts(result.readings, result.repetitions, final=True, confirming=True).rising
        if any(one.counter in counts.COUNTED for one in rising):
            return result  # descriptors, threads and tasks are counted exactly, with or without these caches
        if result.repetitions >= _HAVE_CACHES_AFTER:  # it is only checked whether the rise continues
            most = min(most, counts.RULE.warm + counts.RULE.suspect_after)
    return _repeat_once(once, plan.shortened(most))


def _repeat_once(once: Once, plan: RepeatPlan) -> RepeatResult:
    result = RepeatResult()
    loop = _Loop(once, plan)
    was_enabled = Original.is_enabled()
    started = Original.clock()
    fully = plan.confirming or plan.counts_containers
    Original.collect(_ALL if fully else _YOUNG)
    Original.freeze()
    try:
        result.failure = loop.run(Original.clock() - started if fully else 0.0) or ""
    finally:
        Original.unfreeze()
        if was_enabled:
            Original.enable()
        else:
            Original.disable()
    result.seconds = Original.clock() - started
    loop.conclude(result)
    return result


class _Loop:
    def __init__(self, once: Once, plan: RepeatPlan) -> None:
        self._once, self._plan = once, plan
        self._readings = CountReadings(plan.most, counts_containers=plan.counts_containers)
        self._looks = tuple(look for look in counts.RULE.looks() if look <= plan.most)
        self._moments = frozenset((counts.RULE.warm, *self._looks))
        self._caches = Caches() if plan.confirming else None
        if self._caches is not None:
            self._caches.find()  # before the heap is frozen: frozen objects are not listed
            self._caches.empty()  # before the first collection, which stops to track the empty dicts
        self._grown: list[str] = []
        self._stopped = "repetitions"

    def run(self, whole_s: float = 0.0) -> str | None:
        """Repeat, and return why a repetition failed; None if none failed.

        `whole_s`: seconds that the full collection before took; 0 if there was none.
        """
        readings, plan, once = self._readings, self._plan, self._once
        clock = Original.clock
        began = clock()
        until = began + plan.time_s
        freezing = Freezing(whole_s)
        while readings.count < plan.most:
            failure = once()
            if failure is not None:
                self._stopped = "failed"
                return failure
            now = clock()
            _settle(plan, self._caches)
            freezing.spend(clock() - now)
            readings.read()
            if readings.count in self._moments and self._look():
                self._stopped = "decided"
                return None
            if plan.collects and freezing.is_due(readings.count):
                now = clock()
                Original.unfreeze()
                Original.collect()
                Original.freeze()
                freezing.done(readings.count, clock() - now)
            now = clock()
            if now > until or (readings.count == _ESTIMATE_AT and now + (now - began) * _TOO_SLOW > until):
                self._stopped = "time"
                break
        if readings.count not in self._moments:
            readings.read_coarse()
        return None

    def _look(self) -> bool:
        """Take a coarse reading and judge. Returns whether the answer is clear."""
        self._readings.read_coarse()
        if self._caches is not None:
            self._grown += self._caches.look()
        if self._readings.count == counts.RULE.warm:
            return False
        return bool(self._judge(final=False) != counts.GO_ON)

    def _judge(self, *, final: bool) -> str:
        judged = counts.judge_counts(
            self._readings.values(), self._readings.count, final=final, confirming=self._plan.confirming
        )
        return str(judged.answer)

    def conclude(self, result: RepeatResult) -> None:
        """Fill in the result: the answer is that of the rule, unless a repetition failed."""
        result.stopped = self._stopped
        result.repetitions = self._readings.count
        result.readings = {name: list(values) for name, values in self._readings.values().items()}
        result.caches = self._grown
        if self._stopped == "failed":
            result.answer = counts.NOT_REPEATABLE
        else:
            result.answer = self._judge(final=self._stopped != "decided")


def _settle(plan: RepeatPlan, caches: Caches | None) -> None:
    """Remove memory that the test does not keep: garbage, method caches, and for a suspect bounded caches."""
    if caches is not None:
        caches.empty()
    Original.clear_type_cache()
    if not plan.collects:
        return
    for _ in range(_MOST_COLLECTIONS):
        if not Original.collect():
            break
