"""The count of all objects, in this process."""

import time
from pathlib import Path

from leakgate.probe.answer import Answer
from leakgate.probe.census import Census


def test_the_tables_of_the_count_are_no_holders(tmp_path: Path) -> None:
    """The table of lengths grows while it is filled, and no object refers to it afterwards."""
    census = Census(Answer(str(tmp_path), 1))
    kept, table = [0], None
    for _ in range(2):
        for pause_s in census.count():
            time.sleep(pause_s)
        kept += range(1_000)
        table = table or census._before
    assert table
    assert any(one.thing is kept for one in census.grown)
    assert not any(one.thing is table for one in census.grown)


def test_a_container_takes_no_address_of_one_that_was_dropped_during_the_first_count(tmp_path: Path) -> None:
    census = Census(Answer(str(tmp_path), 1))
    kept, dropped = [0], [[0], [0]]
    known, gone = id(kept), list(map(id, dropped))
    first = census.count()
    while not census._objects:
        next(first)
    dropped.clear()
    for pause_s in first:
        time.sleep(pause_s)
    assert census._before is not None
    assert known in census._before
    assert not census._before.keys() & gone
