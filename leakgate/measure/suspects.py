"""The suspects of a suite: in which order and how thoroughly they are confirmed, and how long that takes."""

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
    seen: dict[tuple[tuple[str, float], ...], int] = {}
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


def confirming_s(suspects: Sequence[RepeatedTest], *, longest_s: float, start_s: float, processes: int) -> float:
    """Return the seconds in which the suspects can be confirmed and explained; 0 if there are none.

    ``longest_s``: seconds for the repetitions of one suspect. ``start_s``: seconds until a process has collected the
    suite. The repetitions of a suspect are assumed to take as long as those before.
    """
    if not suspects:
        return 0.0
    alike = {one.name for one in choose(suspects) if one.alike}
    each = [_one_s(test, longest_s, alike=test.id in alike) for test in suspects]
    return start_s + max(*each, sum(each) / processes)


def _one_s(test: RepeatedTest, longest_s: float, *, alike: bool) -> float:
    first = test.first
    each_s = first.seconds / max(1, first.count) if first is not None else longest_s
    wanted = ALIKE_REPETITIONS if alike else RULE.leak_after
    return min(longest_s, wanted * each_s) + (0.0 if alike else _EXPLAINING_S)


def _growth(test: RepeatedTest) -> tuple[tuple[str, float], ...]:
    """Return by how much each counter grows per call, to two digits; the test's own id if nothing grows steadily."""
    first = test.first
    if first is None:
        return ((test.id, 0.0),)
    judged = judge_counts(first.readings, first.count, final=True, confirming=False)
    growth = tuple((one.counter, float(f"{one.per_call:.2g}")) for one in judged.rising)
    return growth or ((test.id, 0.0),)
