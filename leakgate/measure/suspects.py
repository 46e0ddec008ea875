"""The suspects of a suite: in which order and how thoroughly they are confirmed, and how long that takes."""

import threading
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from leakgate.growth.counts import INCONCLUSIVE, RULE, judge_counts
from leakgate.model.evidence import RepeatedTest

ALIKE_REPETITIONS: Final = RULE.warm + 2 * RULE.least_for_leak
"""Repetitions of a suspect whose growth per call is that of enough others."""
_EXPLAINED: Final = 12
"""Suspects that get all parts of the explanation. The others get only the allocation sites, which is enough to find
those with the same cause."""
_ALIKE: Final = 4
"""If several suspects have the same growth per call, only this many of them get all repetitions. The others are
repeated ``ALIKE_REPETITIONS`` times."""
_EXPLAINING_S: Final = 10.0
"""Seconds for the explanation of one leak. It has about five windows of up to 3 s; most tests need far less."""

_Growth = tuple[tuple[str, float], ...]
"""By how much each counter grows per call."""


@dataclass(frozen=True, slots=True)
class ChosenSuspect:
    """A suspect, and how thoroughly it is confirmed."""

    name: str
    fully: bool
    """Whether it gets all parts of the explanation."""
    alike: bool
    """Whether enough other suspects have the same growth per call."""


def is_suspect(test: RepeatedTest) -> bool:
    """Whether a test must be repeated alone and for longer, because its counters did not come to rest."""
    return test.first is not None and test.first.answer == INCONCLUSIVE


def choose(suspects: Sequence[RepeatedTest]) -> list[ChosenSuspect]:
    """Order the suspects: first one of each growth, then the others. The first `_EXPLAINED` are explained in full."""
    seen: dict[_Growth, int] = {}
    places = []
    for test in suspects:
        growth = _growth(test)
        places.append(seen.get(growth, 0))
        seen[growth] = places[-1] + 1
    order = sorted(range(len(suspects)), key=lambda at: (places[at], at))
    fully = {suspects[at].id for at in order[:_EXPLAINED]}
    return [
        ChosenSuspect(suspects[at].id, suspects[at].id in fully, places[at] >= _ALIKE and suspects[at].id not in fully)
        for at in order
    ]


class ConfirmingTime:
    """The time in which the suspects so far can be confirmed and explained, chosen as `choose` does.

    Adding a suspect costs the same for any number of suspects. Several threads may use it.
    """

    def __init__(self, longest_s: float) -> None:
        """``longest_s``: seconds for the repetitions of one suspect."""
        self._longest_s = longest_s
        self._lock = threading.Lock()
        self._seen: dict[_Growth, int] = {}
        self._count = self._thorough = 0
        """The number of suspects; of those that get all repetitions because few have the same growth."""
        self._sum_s = self._most_s = 0.0
        """Seconds for all suspects one after another, and for the slowest one."""
        self._first_alike: list[tuple[int, int, float, float]] = []
        """The first suspects whose growth is that of enough others: place, number, and the seconds with some and with
        all repetitions. They get all as long as there are fewer than ``_EXPLAINED`` others."""

    def add(self, test: RepeatedTest) -> None:
        """Add the next suspect. Its repetitions are assumed to take as long as those before."""
        growth = _growth(test)
        shorter_s, all_s = (_one_s(test, self._longest_s, alike=alike) for alike in (True, False))
        with self._lock:
            place = self._seen.get(growth, 0)
            self._seen[growth] = place + 1
            if place < _ALIKE:
                self._thorough += 1
            else:
                insort(self._first_alike, (place, self._count, shorter_s, all_s))
                del self._first_alike[_EXPLAINED:]
            self._count += 1
            one_s = all_s if place < _ALIKE else shorter_s
            self._sum_s += one_s
            self._most_s = max(self._most_s, one_s)

    def seconds(self, *, start_s: float, processes: int) -> float:
        """Return the seconds; 0 without suspects. ``start_s``: until a process has collected the suite."""
        with self._lock:
            if not self._count:
                return 0.0
            explained = self._first_alike[: max(0, _EXPLAINED - self._thorough)]
            sum_s = self._sum_s + sum(all_s - shorter_s for _, _, shorter_s, all_s in explained)
            most_s = max(self._most_s, *(all_s for *_, all_s in explained), 0.0)
        return start_s + max(most_s, sum_s / processes)


def _one_s(test: RepeatedTest, longest_s: float, *, alike: bool) -> float:
    first = test.first
    each_s = first.seconds / max(1, first.count) if first is not None else longest_s
    wanted = ALIKE_REPETITIONS if alike else RULE.leak_after
    return min(longest_s, wanted * each_s) + (0.0 if alike else _EXPLAINING_S)


def _growth(test: RepeatedTest) -> _Growth:
    """Return by how much each counter grows per call, to two digits; the test's own id if nothing grows steadily."""
    first = test.first
    if first is None:
        return ((test.id, 0.0),)
    judged = judge_counts(first.readings, first.count, final=True, confirming=False)
    growth = tuple((one.counter, float(f"{one.per_call:.2g}")) for one in judged.rising)
    return growth or ((test.id, 0.0),)
