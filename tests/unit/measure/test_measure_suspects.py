"""The suspects of a suite: the time to confirm them, which the time limit of a run must leave."""

import pytest

from leakgate.growth.counts import INCONCLUSIVE, OK, RULE
from leakgate.measure.suspects import confirming_s, is_suspect
from leakgate.model.evidence import RepeatedTest
from leakgate.model.repeated import Repetitions, TestOutcome


def repeated(name: str, *, answer: str = INCONCLUSIVE, each_s: float, rises: bool = True) -> RepeatedTest:
    """Return a test with the readings of 260 repetitions, of `each_s` seconds each."""
    count = RULE.warm + RULE.suspect_after
    blocks = tuple(1_000 + (at if rises else 0) for at in range(count))
    readings = {"blocks": blocks, "native": (0,) * count}
    first = Repetitions(answer=answer, count=count, stopped="decided", seconds=count * each_s, readings=readings)
    return RepeatedTest(id=name, outcome=TestOutcome.PASSED, first=first)


def test_only_tests_that_did_not_come_to_rest_are_suspects() -> None:
    assert is_suspect(repeated("a", each_s=0.001))
    assert not is_suspect(repeated("a", answer=OK, each_s=0.001))
    assert not is_suspect(RepeatedTest(id="a", outcome=TestOutcome.SKIPPED))


def test_the_time_to_confirm_has_the_start_the_repetitions_and_the_explanation() -> None:
    assert confirming_s([], longest_s=10.0, start_s=3.0, processes=1) == 0.0
    quick = [repeated("a", each_s=0.001)]
    explaining_s = confirming_s(quick, longest_s=10.0, start_s=0.0, processes=1) - RULE.leak_after * 0.001
    assert explaining_s > 0
    slow = confirming_s([repeated("a", each_s=1.0)], longest_s=10.0, start_s=3.0, processes=1)
    assert slow == pytest.approx(3.0 + 10.0 + explaining_s), "a slow test is repeated for the longest time"


def test_processes_share_the_suspects_and_many_with_the_same_growth_take_less_time() -> None:
    two = [repeated(name, each_s=0.001, rises=False) for name in "ab"]
    alone = confirming_s(two, longest_s=10.0, start_s=0.0, processes=1)
    assert confirming_s(two, longest_s=10.0, start_s=0.0, processes=2) == pytest.approx(alone / 2)
    assert confirming_s(two, longest_s=10.0, start_s=0.0, processes=8) == pytest.approx(alone / 2)
    names = [f"test{number}" for number in range(60)]
    alike = confirming_s([repeated(name, each_s=0.001) for name in names], longest_s=10.0, start_s=0.0, processes=1)
    others = [repeated(name, each_s=0.001, rises=False) for name in names]
    assert alike < confirming_s(others, longest_s=10.0, start_s=0.0, processes=1) / 2
