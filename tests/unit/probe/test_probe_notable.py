"""Which growing containers a look waits for: those that keep a notable part of what grows."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from leakgate.probe import gauges, holder_search
from leakgate.probe.answer import Answer
from leakgate.probe.census import Grown
from tests.helpers.probe_steps import drive


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


def test_what_a_search_keeps_itself_is_not_found_to_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its table of counts gets an entry of 40 KB with every count, and then never again: it was waited for in vain."""
    monkeypatch.setattr(gauges, "count_blocks", sys.getallocatedblocks)  # there is no reader of gauges here
    look = holder_search.Look(Answer(str(tmp_path), 1))
    drive(look.begin())
    drive(look._census.count())
    own = {id(one) for owner in (look, look._census, look._resources) for one in vars(owner).values()}
    found = [one.lengths for one in look._census.grown if id(one.thing) in own]
    look._census.grown.clear()
    assert not found


def test_a_container_that_the_program_has_dropped_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, seconds = holder_search.Look(Answer(str(tmp_path), 1)), itertools.count(0.0, 0.1)
    monkeypatch.setattr(holder_search, "awake_s", lambda: next(seconds))
    kept = [1, 2, 3]
    dropped, living = Grown([1, 2, 3], len, [1, 2, 3]), Grown(kept, len, [1, 2, 3])

    def steps(thing: Grown) -> int:
        return sum(1 for _ in look._wait([thing], 10.0, 100.0))

    assert steps(dropped) < 20
    assert steps(living) > 100
    assert not holder_search._are_at_rest([dropped])
