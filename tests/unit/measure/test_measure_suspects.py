"""The suspects of a suite: the time to confirm them, which the time limit of a run must leave."""

from random import Random

import pytest

from leakgate.growth.counts import INCONCLUSIVE, OK, RULE
from leakgate.measure import suspects as rules
from leakgate.measure.suspects import ConfirmingTime, choose, is_suspect
from leakgate.model.evidence import RepeatedTest
from leakgate.model.repeated import Repetitions, TestOutcome


def repeated(name: str, *, answer: str = INCONCLUSIVE, each_s: float, rises: bool = True) -> RepeatedTest:
    """Return a test with the readings of 260 repetitions, of `each_s` seconds each."""
    count = RULE.warm + RULE.suspect_after
    blocks = tuple(1_000 + (at if rises else 0) for at in range(count))
    readings = {"blocks": blocks, "native": (0,) * count}
    first = Repetitions(answer=answer, count=count, stopped="decided", seconds=count * each_s, readings=readings)
    return RepeatedTest(id=name, outcome=TestOutcome.PASSED, first=first)


def confirming_s(suspects: list[RepeatedTest], *, longest_s: float, start_s: float, processes: int) -> float:
    """Return the seconds to confirm the suspects."""
    needed = ConfirmingTime(longest_s)
    for test in suspects:
        needed.add(test)
    return needed.seconds(start_s=start_s, processes=processes)


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


@pytest.mark.parametrize("count", [1, 5, 11, 13, 40])
@pytest.mark.parametrize("alike", [0.0, 0.5, 1.0])
def test_the_time_is_that_of_the_choice_at_each_moment(count: int, alike: float) -> None:
    random = Random(count)  # noqa: S311 - no secret
    needed, suspects, sums = ConfirmingTime(5.0), [], 0.0
    for number in range(count):
        suspects.append(repeated(f"t{number}", each_s=random.choice((0.001, 0.03)), rises=random.random() < alike))
        needed.add(suspects[-1])
        by_id = {test.id: test for test in suspects}
        each = [rules._one_s(by_id[one.name], 5.0, alike=one.alike) for one in choose(suspects)]
        sums = sum(each)
        assert needed.seconds(start_s=2.0, processes=1) == pytest.approx(2.0 + sums)
        assert needed.seconds(start_s=0.0, processes=count + 1) == pytest.approx(max(*each, sums / (count + 1)))


def test_each_suspect_is_judged_once_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    judged = []
    growth = rules._growth

    def counted(test: RepeatedTest) -> tuple[tuple[str, float], ...]:
        judged.append(test.id)
        return growth(test)

    monkeypatch.setattr(rules, "_growth", counted)
    needed = ConfirmingTime(5.0)
    for number in range(50):
        needed.add(repeated(f"t{number}", each_s=0.001))
        needed.seconds(start_s=0.0, processes=2)
    assert judged == [f"t{number}" for number in range(50)]
