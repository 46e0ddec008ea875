"""The rule on counters that are read after every repetition of a test or callable: integers in, an answer out.

Time plays no part. The same readings give the same answer on every machine, and when a session is replayed.

This file runs in two places: leakgate imports it, and the runner loads it by its path into the interpreter of the
user's project. So it uses only the standard library and the grammar of Python 3.9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Optional, Sequence

OK, LEAK, INCONCLUSIVE, TOO_SLOW, NOT_REPEATABLE = "ok", "leak", "inconclusive", "too-slow", "not-repeatable"
"""The five answers."""
GO_ON = "go-on"
"""No answer yet: more repetitions are needed, and there is time for them."""

BLOCKS, NATIVE, RESIDENT, DESCRIPTORS, THREADS, TASKS = "blocks", "native", "rss", "fds", "threads", "tasks"
CONTAINERS = "containers"
FINE = (BLOCKS, NATIVE)
"""Counters that are read after every repetition."""
COARSE = (RESIDENT, DESCRIPTORS, THREADS, TASKS, CONTAINERS)
"""Counters that cost a system call or a walk through the heap. They are read only at each look (`CountRule.looks`)."""
COUNTED = (DESCRIPTORS, THREADS, TASKS)
LIMITED = (DESCRIPTORS, THREADS)
"""What a process may have only a limited number of."""

RESTED = "rested-"
"""How the names of readings after rests begin. They are taken when all timers of a test have had the time to end."""
RESTED_CALLS = RESTED + "calls"
"""The series that says after how many calls each of them was taken."""
SERIES = (*FINE, *COARSE, RESTED_CALLS, *(RESTED + name for name in (*FINE, *COARSE)))
"""The names of all series of readings."""

REST, RISES, OPEN, ABSENT = "rest", "rises", "open", "absent"
"""The states of a counter: it does not grow; it grows steadily; not known yet; it cannot be read here."""

_NEVER = -1
"""A reading of a counter that this platform does not have."""


@dataclass(frozen=True)
class CountRule:
    """All thresholds of the rule. Repetitions are counted from the first one after the normal run of the test."""

    warm: int = 4
    """Repetitions that are never judged: they cover lazy imports and the first entries of caches. 97 % of the recorded
    tests that come to rest do so within 4 repetitions."""
    window: int = 16
    """Repetitions in the first window. It is also the longest period of a leak, in calls, that is always found: with 8,
    a leak in every 16th call is found in 0.3 % of the recordings, with 16 in 99.6 %."""
    suspect_after: int = 256
    """After this many repetitions, ``warm`` not counted, a steady rise is suspicious: twice the default size of
    ``lru_cache``."""
    leak_after: int = 1024
    """After this many repetitions, ``warm`` not counted, a steady rise is a leak: after 256, the cache of ``re`` (512
    entries) is still filling."""
    least_for_leak: int = 64
    """If the time is over, this many repetitions, ``warm`` not counted, are enough to show a leak: four windows that
    all rise."""
    least: int = 20
    """With fewer repetitions than this within the time, the test is too slow. It is ``warm + window``: one whole
    window."""
    confirming_times: int = 5
    """A suspect is repeated for this many times as long as a test at first."""
    kept_share: float = 0.6
    """The late part of a rise must keep this share of the early part; else the rise fades, like that of a cache that
    fills. A leak in every tenth call on average, at random, falls below it by chance in 3 % of the series of 1,024
    calls."""
    least_step_share: float = 0.25
    """Each step must be at least this share of the mean step. A leak in every 16th call on average, at random, leaves
    8 blocks in a window of 128 calls, with a standard deviation of 3. A rise in bursts has another cause, such as
    caches of the interpreter."""
    block_slack: int = 2
    """A fall of the floor by more blocks than this restarts the comparison of floors."""
    native_slack_bytes: int = 64
    """The same for native memory, in bytes: two of the smallest chunks of glibc."""
    least_native_per_call: float = 4.0
    """Bytes per call. A smaller rise of native memory is not a leak: a list of references takes 8 bytes per call."""
    wanted_blocks_per_call: float = 1.0
    """An ``ok`` should exclude leaks of one block per call. If the readings scatter, this takes more repetitions."""
    wanted_native_per_call: float = 64.0
    """The same for native memory, in bytes."""
    wanted_until: int = 128
    """At most this many repetitions, ``warm`` not counted, are spent to exclude such leaks."""
    resident_slack_bytes: int = 262_144
    """Bytes. A smaller rise of resident memory does not count: Python takes memory from the system in pieces of 256 KiB
    (1 MiB since 3.10), the C library in pieces of 128 KiB."""
    least_resident_per_call: float = 1024.0
    """Bytes per call. A smaller rise of resident memory is not a leak: it is a quarter of a page in each call."""
    container_slack_bytes: int = 64
    """Bytes. A smaller rise of all lists, dictionaries, sets and deques together does not count: a short list grows in
    steps of this size."""
    least_container_per_call: float = 4.0
    """Bytes per call. A smaller rise of containers is not a leak: a list of references takes 8 bytes per call."""
    counted_after: int = 128
    """After this many repetitions, ``warm`` not counted, a steady rise of descriptors or threads is a leak. These
    counts are exact, and a process may have no more than 1,024 descriptors. Tasks have no limit, and many healthy ones
    wait for a timeout."""
    least_counted_per_call: float = 1 / 16
    """One more in every 16th call: the longest period that is always found."""

    def looks(self) -> tuple[int, ...]:
        """The numbers of repetitions after which the readings are judged, in order; repeating ends at the last one."""
        first = self.warm + self.window + 1
        found = [first]
        size = 2 * self.window
        while size <= self.leak_after:
            found.append(self.warm + size)
            size *= 2
        return tuple(found)


RULE = CountRule()


@dataclass(frozen=True)
class CounterJudgement:
    """The behaviour of one counter."""

    counter: str
    state: str
    """``rest``, ``rises``, ``open`` or ``absent``."""
    per_call: float = 0.0
    """Mean rise per call over the judged repetitions: blocks, bytes, or a count."""
    excludes: float = 0.0
    """If the counter is at rest: the smallest steady rise per call that would have been seen."""
    start: int = 0
    """The first judged reading."""
    end: int = 0
    """The floor at the end."""


@dataclass(frozen=True)
class CountJudgement:
    """The answer on one test, and the behaviour of every counter."""

    answer: str
    repetitions: int
    counters: tuple[CounterJudgement, ...] = ()
    rested: bool = False
    """Whether the levels after rests were judged."""

    @property
    def rising(self) -> tuple[CounterJudgement, ...]:
        """The counters that grow steadily, in the order of ``FINE`` and ``COARSE``."""
        return tuple(one for one in self.counters if one.state == RISES)

    def counter(self, name: str) -> Optional[CounterJudgement]:
        """The judgement of one counter; None if it was not read at all."""
        return next((one for one in self.counters if one.counter == name), None)


Readings = Mapping[str, Sequence[int]]
"""The readings of each counter. Fine counters have one value for each repetition. Coarse counters have one for each
look: after ``warm`` repetitions, after each number of repetitions in ``CountRule.looks`` that was reached, and after
the last repetition. A suspect with timers has a second series for each counter, with ``RESTED`` before its name: the
level after each rest. ``RESTED_CALLS`` says after how many calls that was. Then only these levels are judged."""


def fit_together(readings: Readings, repetitions: int) -> bool:
    """Whether the series have the lengths that ``judge_counts`` needs, and the calls between rests only rise."""
    if any(len(readings.get(name, ())) != repetitions for name in FINE):
        return False
    calls = readings.get(RESTED_CALLS, ())
    lengths = [len(values) for name, values in readings.items() if name.startswith(RESTED)]
    if any(length != len(calls) for length in lengths):
        return False
    return all(later > earlier >= 0 for earlier, later in zip(calls, calls[1:]))


def judge_counts(
    readings: Readings,
    repetitions: int,
    *,
    final: bool,
    confirming: bool,
    rule: CountRule = RULE,
) -> CountJudgement:
    """Judge the readings after ``repetitions`` repetitions.

    ``final``: no time or no repetition is left, so the answer is never ``GO_ON``. ``confirming``: the test runs alone
    in a fresh process with emptied caches; then a steady rise is a leak. Otherwise a steady rise is only a suspicion:
    the answer is ``INCONCLUSIVE``, and its counters show a rise.
    """
    if repetitions < rule.least:
        return CountJudgement(TOO_SLOW if final else GO_ON, repetitions)
    if readings.get(RESTED_CALLS):
        return _judge_rested(readings, final=final, confirming=confirming, rule=rule)
    counters = [_judge_fine(name, readings[name], repetitions, final, rule) for name in FINE if name in readings]
    coarse = [(name, readings[name]) for name in COARSE if name in readings]
    moments = {length: coarse_moments(length, repetitions, rule) for length in {len(values) for _, values in coarse}}
    counters += [_judge_coarse(name, values, moments[len(values)], final, rule) for name, values in coarse]
    judged = tuple(counters)
    return CountJudgement(_answer(judged, repetitions, final, confirming, rule), repetitions, judged)


def _judge_rested(readings: Readings, *, final: bool, confirming: bool, rule: CountRule) -> CountJudgement:
    """Judge the levels after rests. They are few and exact, like the readings of coarse counters."""
    calls = tuple(readings[RESTED_CALLS])
    judged = tuple(
        _judge_coarse(name, readings[RESTED + name], calls, final, rule)
        for name in (*FINE, *COARSE)
        if RESTED + name in readings
    )
    answer = _answer(judged, calls[-1] + rule.warm, final, confirming, rule)
    return CountJudgement(answer, calls[-1], judged, rested=True)


def _answer(
    counters: tuple[CounterJudgement, ...],
    repetitions: int,
    final: bool,
    confirming: bool,
    rule: CountRule,
) -> str:
    if all(one.state == ABSENT for one in counters if one.counter in FINE):
        return INCONCLUSIVE  # without a fine counter, there is no evidence for an ok
    if all(one.state in (REST, ABSENT) for one in counters):
        return OK
    rising = [one for one in counters if one.state == RISES]
    judged = repetitions - rule.warm
    if any(_is_enough(one, judged, final, confirming, rule) for one in rising):
        return LEAK if confirming else INCONCLUSIVE
    return INCONCLUSIVE if final else GO_ON


def _is_enough(
    one: CounterJudgement,
    judged: int,
    final: bool,
    confirming: bool,
    rule: CountRule,
) -> bool:
    if final and judged >= rule.least_for_leak:
        return True
    if one.counter in LIMITED:
        return judged >= rule.counted_after
    return judged >= (rule.leak_after if confirming else rule.suspect_after)


def _judge_fine(
    name: str,
    values: Sequence[int],
    repetitions: int,
    final: bool,
    rule: CountRule,
) -> CounterJudgement:
    if values[0] == _NEVER:
        return CounterJudgement(name, ABSENT)
    slack = rule.block_slack if name == BLOCKS else rule.native_slack_bytes
    wanted = rule.wanted_blocks_per_call if name == BLOCKS else rule.wanted_native_per_call
    least = 0.0 if name == BLOCKS else rule.least_native_per_call
    start, end = values[rule.warm], min(values[repetitions - rule.window : repetitions])
    if _is_flat(values, repetitions, rule):
        return CounterJudgement(name, REST, 0.0, 1 / rule.window, start, end)
    floors = _floors(values, _windows(repetitions, rule))
    rested = _rest_since(floors, slack)
    if rested is not None:
        excludes = max(1 / rule.window, _scatter(values, repetitions, rule) / rested)
        spent = repetitions - rule.warm >= rule.wanted_until
        if excludes <= wanted or spent or final:
            return CounterJudgement(name, REST, 0.0, excludes, start, end)
        return CounterJudgement(name, OPEN, 0.0, excludes, start, end)
    per_call = _steady_rise(values, repetitions, rule)
    if per_call is None or per_call < least:
        mean = (floors[-1][1] - floors[0][1]) / max(1, floors[-1][0] - floors[0][0]) if len(floors) > 1 else 0.0
        return CounterJudgement(name, OPEN, mean, 0.0, start, end)
    return CounterJudgement(name, RISES, per_call, 0.0, start, end)


def _is_flat(values: Sequence[int], repetitions: int, rule: CountRule) -> bool:
    """Whether the newest ``window + 1`` readings are equal. A leak with a period up to one window would show there."""
    first = repetitions - rule.window - 1
    if first < rule.warm:
        return False
    newest = values[first:repetitions]
    return newest.count(newest[-1]) == len(newest)


def _windows(repetitions: int, rule: CountRule) -> list[tuple[int, int]]:
    """Return (start, end) of windows of 16, 16, 32, 64 ... readings.

    The remainder is a window too if it has 16 readings or more.
    """
    found = []
    start, size = rule.warm, rule.window
    while repetitions - start >= rule.window:
        end = min(start + size, repetitions)
        found.append((start, end))
        start = end
        if len(found) > 1:
            size *= 2
    return found


def _floors(values: Sequence[int], windows: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """(start, lowest reading) of each window."""
    return [(start, min(values[start:end])) for start, end in windows]


def _rest_since(floors: list[tuple[int, int]], slack: int) -> Optional[int]:
    """Return for how many repetitions before the last window the floor did not rise; None if it rose from each window.

    A leak lifts each floor. After a fall by more than ``slack``, memory was given back: only later floors are compared.
    """
    base = 0
    for at in range(1, len(floors)):
        if floors[at][1] < floors[at - 1][1] - slack:
            base = at
    last = floors[-1]
    distances = [last[0] - start for start, floor in floors[base:-1] if last[1] <= floor]
    return max(distances) if distances else None


def _scatter(values: Sequence[int], repetitions: int, rule: CountRule) -> int:
    """How much the floor moves by chance: the largest step between the floors of neighbouring windows."""
    pieces = [
        min(values[start : start + rule.window])
        for start in range(repetitions - rule.window, rule.warm - 1, -rule.window)
    ]
    return max((abs(later - earlier) for earlier, later in zip(pieces, pieces[1:])), default=0)


def _steady_rise(values: Sequence[int], repetitions: int, rule: CountRule) -> Optional[float]:
    """Return the rise per call if the floor rises in each of four to eight equal windows and does not fade; else None.

    With eight windows, the first two are left out as a longer warm-up: a cache that filled there must not hide a leak.
    """
    judged = repetitions - rule.warm
    count = min(8, judged // rule.window)
    if count < 4:
        return None
    size = judged // count
    first = repetitions - count * size
    floors = [min(values[first + at * size : first + (at + 1) * size]) for at in range(count)]
    if count == 8:
        del floors[:2]
    steps = [later - earlier for earlier, later in zip(floors, floors[1:])]
    if min(steps) <= 0 or min(steps) < rule.least_step_share * sum(steps) / len(steps):
        return None
    half = len(steps) // 2
    early, late = sum(steps[:half]) / half, sum(steps[-half:]) / half
    if late < rule.kept_share * early:
        return None
    return (floors[-1] - floors[0]) / (size * len(steps))


def _judge_coarse(
    name: str,
    values: Sequence[int],
    at: tuple[int, ...],
    final: bool,
    rule: CountRule,
) -> CounterJudgement:
    """Judge a counter from few readings. ``at``: after how many repetitions each value was read."""
    if values[0] == _NEVER:
        return CounterJudgement(name, ABSENT)
    slack, least = _slack_and_least(name, rule)
    since = _last_fall(values, slack) if name == CONTAINERS else 0
    # Emptied caches, and dicts that the collector stops tracking, make the size of containers fall. A list that grows
    # meanwhile is hidden until the next look. So readings before the fall count only where there is no next look.
    first = 0 if final else since
    start, end = values[first], values[-1]
    distances = [at[-1] - moment for moment, value in zip(at[first:-1], values[first:]) if end <= value + slack]
    if distances:
        return CounterJudgement(name, REST, 0.0, max(1, slack) / max(distances), start, end)
    values, at, start = values[since:], at[since:], values[since]
    rates = [
        (later - earlier) / (after - before)
        for earlier, later, before, after in zip(values, values[1:], at, at[1:])
        if after > before
    ]
    whole = (end - start) / max(1, at[-1] - at[0])
    enough_looks = len(rates) >= (3 if final else 4)
    steady = enough_looks and min(rates) > 0 and rates[-1] >= rule.kept_share * (sum(rates[:-1]) / len(rates[:-1]))
    return CounterJudgement(name, RISES if steady and whole >= least else OPEN, whole, 0.0, start, end)


def _slack_and_least(name: str, rule: CountRule) -> tuple[int, float]:
    """Return the rise between two readings that does not count, and the least rise per call that is a leak."""
    return {
        BLOCKS: (rule.block_slack, 0.0),
        NATIVE: (rule.native_slack_bytes, rule.least_native_per_call),
        RESIDENT: (rule.resident_slack_bytes, rule.least_resident_per_call),
        CONTAINERS: (rule.container_slack_bytes, rule.least_container_per_call),
    }.get(name, (0, rule.least_counted_per_call))


def _last_fall(values: Sequence[int], slack: int) -> int:
    """Return the index of the last reading that is lower than the one before by more than ``slack``; 0 if none is."""
    return max((at for at in range(1, len(values)) if values[at] < values[at - 1] - slack), default=0)


def coarse_moments(count: int, repetitions: int, rule: CountRule = RULE) -> tuple[int, ...]:
    """The repetitions after which ``count`` readings of a coarse counter were taken."""
    moments = (rule.warm, *(look for look in rule.looks() if look < repetitions))
    return (*moments[: count - 1], repetitions)
