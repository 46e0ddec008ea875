"""The requests and the growth between two moments at which memory is comparable."""

import pytest

from leakgate.growth.floors import Points
from leakgate.growth.stretches import (
    MOST_STRETCHES,
    between,
    last_in,
    marks_after_collections,
    marks_at_rest,
    rests_of,
)
from leakgate.model.work_record import RouteCount, Turn, WorkRecord

TURNS = (
    Turn(1.0, 3.0, (RouteCount(0, 90, 10),)),
    Turn(4.0, 6.0, (RouteCount(1, 50, 0),)),
    Turn(7.0, 7.0, (RouteCount(0, 5, 0),)),
)
WORK = WorkRecord(routes=("GET /a", "GET /b"), turns=TURNS)


def points(*rows: tuple[float, float], settled: tuple[bool, ...] = ()) -> Points:
    return Points(
        t_s=tuple(row[0] for row in rows),
        values=tuple(row[1] for row in rows),
        settled=settled or tuple(False for _ in rows),
    )


def test_a_stretch_has_the_requests_between_its_marks_and_what_grew() -> None:
    (one,) = between(WORK, [(0.5, 1_000.0), (6.5, 1_750.0)])
    assert one.counts == (100.0, 50.0)
    assert one.grew == 750.0
    assert one.took_s == 6.0


def test_a_turn_that_is_cut_counts_by_its_share() -> None:
    first, second = between(WORK, [(0.0, 0.0), (2.0, 10.0), (5.5, 30.0)])
    assert first.counts == (50.0, 0.0)
    assert second.counts == (50.0, 37.5)


def test_a_turn_of_no_length_counts_where_it_ends() -> None:
    before, at = between(WORK, [(6.5, 0.0), (6.9, 0.0), (7.0, 0.0)])
    assert before.counts == (0.0, 0.0)
    assert at.counts == (5.0, 0.0)


def test_marks_at_the_same_moment_make_no_stretch() -> None:
    assert [one.took_s for one in between(WORK, [(1.0, 0.0), (1.0, 5.0), (2.0, 9.0)])] == [1.0]


@pytest.mark.parametrize(
    ("marks", "stretches"),
    [(MOST_STRETCHES, MOST_STRETCHES - 1), (MOST_STRETCHES + 1, 200), (4 * MOST_STRETCHES, MOST_STRETCHES - 1)],
)
def test_of_a_long_watch_neighbours_are_put_together(marks: int, stretches: int) -> None:
    assert len(between(WORK, [(float(at), 0.0) for at in range(marks)])) == stretches


def test_rests_lie_between_turns() -> None:
    assert rests_of(TURNS) == ((3.0, 4.0), (6.0, 7.0))


def test_the_last_reading_of_a_rest() -> None:
    readings = points((1.0, 10.0), (2.0, 20.0), (3.0, 30.0))
    assert last_in(readings, 1.0, 2.5) == (2.0, 20.0)
    assert last_in(readings, 1.0, 2.0) == (2.0, 20.0)
    assert last_in(readings, 2.0, 2.5) is None
    assert last_in(readings, 0.0, 0.5) is None
    assert last_in(readings, 0.0, 1.0) == (1.0, 10.0)


def test_marks_at_rest_add_up_what_every_quantity_read_there() -> None:
    both = points((3.5, 10.0), (6.5, 30.0)), points((3.6, 1.0), (6.6, 2.0))
    assert marks_at_rest(both, rests_of(TURNS), 0.0, 10.0) == [(4.0, 11.0), (7.0, 32.0)]
    assert marks_at_rest(both, rests_of(TURNS), 3.0, 7.0) == [(4.0, 11.0), (7.0, 32.0)]
    assert marks_at_rest(both, rests_of(TURNS), 3.1, 10.0) == [(7.0, 32.0)]
    assert marks_at_rest(both, rests_of(TURNS), 0.0, 6.9) == [(4.0, 11.0)]
    assert marks_at_rest((both[0], points((6.5, 1.0))), rests_of(TURNS), 0.0, 10.0) == [(7.0, 31.0)]


def test_marks_after_collections_are_those_of_the_first_quantity() -> None:
    first = points((1.0, 10.0), (2.0, 20.0), (3.0, 30.0), settled=(True, False, True))
    other = points((0.9, 1.0), (2.5, 2.0))
    assert marks_after_collections([first, other], 0.0, 10.0) == [(1.0, 11.0), (3.0, 32.0)]
    assert marks_after_collections([first, other], 1.0, 3.0) == [(1.0, 11.0), (3.0, 32.0)]
    assert marks_after_collections([first, other], 1.1, 2.9) == []
    assert marks_after_collections([first, points((2.5, 2.0))], 0.0, 10.0) == [(3.0, 32.0)]
    assert marks_after_collections([], 0.0, 10.0) == []
