"""Calls of the function that `work` names: from the counters of several processes to one record."""

import pytest

from leakgate.measure.call_turns import IMPOSSIBLE, NOT_FOUND, SHORTEST_S, CallTurns
from leakgate.model.work_record import WorkRecord, WorkUnit

NAME = "mail:send"


def record_of(turns: CallTurns) -> WorkRecord:
    found = turns.record(NAME)
    assert found is not None
    return found


def test_the_calls_of_all_processes_are_added_up() -> None:
    turns = CallTurns()
    for tick in range(1, 101):
        turns.take(1, tick / 10, 3 * tick)
        turns.take(2, tick / 10, 7 * tick)
    work = record_of(turns)
    assert work.unit is WorkUnit.CALL
    assert work.routes == (NAME,)
    assert work.sent == pytest.approx(1_000, abs=10 * SHORTEST_S * 10)
    assert work.per_s == pytest.approx(100, rel=0.05)
    assert all(turn.to_s - turn.from_s >= SHORTEST_S for turn in work.turns)


def test_calls_from_before_the_watch_do_not_count() -> None:
    turns = CallTurns()
    turns.take(1, -1.0, 1_000)
    turns.take(1, 0.6, 1_010)
    assert record_of(turns).sent == 10


def test_a_process_that_replaced_itself_begins_at_nothing() -> None:
    turns = CallTurns()
    turns.take(1, 0.6, 50)
    turns.take(1, 1.2, 5)
    assert record_of(turns).sent == 55


def test_a_long_watch_has_a_bounded_number_of_turns() -> None:
    turns = CallTurns()
    for tick in range(200_000):
        turns.take(1, float(tick), tick)
    assert len(record_of(turns).turns) < 10_000


def test_a_function_that_was_not_found_counts_no_work() -> None:
    turns = CallTurns()
    turns.take(1, 1.0, NOT_FOUND)
    assert record_of(turns).sent == 0
    assert not turns.complaint(NAME)


def test_calls_that_cannot_be_counted_are_no_work_and_say_why() -> None:
    turns = CallTurns()
    assert turns.record(NAME) is None
    assert "no probe" in turns.complaint(NAME)
    turns.take(1, 1.0, IMPOSSIBLE)
    assert turns.record(NAME) is None
    assert "3.12" in turns.complaint(NAME)
