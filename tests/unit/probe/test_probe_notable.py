"""Which growing containers a look waits for: those that keep a notable part of what grows."""

from __future__ import annotations

from types import SimpleNamespace

from leakgate.probe import holder_search
from leakgate.probe.census import Grown


def grown(entries: int, more: int) -> Grown:
    thing = [[number] for number in range(entries)]
    return Grown(thing, len, [entries - 2 * more, entries - more, entries])


def watched(*containers: Grown) -> list[Grown]:
    look = object.__new__(holder_search.Look)
    look._census = SimpleNamespace(grown=list(containers))  # type: ignore[assignment]
    return look._strongest()


def test_containers_that_reports_leave_out_are_not_waited_for() -> None:
    small, fast, second = grown(300, 1), grown(3_000, 1_000), grown(300, 30)
    assert watched(small, fast, second) == [fast, second]


def test_a_small_container_whose_entries_own_native_memory_is_waited_for() -> None:
    import sqlite3

    connections = [sqlite3.connect(":memory:") for _ in range(8)]
    small = Grown(connections, len, [6, 7, 8])
    fast = grown(3_000, 1_000)
    try:
        assert watched(small, fast) == [fast, small]
    finally:
        for one in connections:
            one.close()


def test_containers_that_shrank_meanwhile_are_not_waited_for() -> None:
    steady, shrank = grown(300, 100), Grown([1], len, [1, 9, 8])
    assert watched(shrank, steady) == [steady]
