"""Which line is charged with an insertion, event by event: the profile function of `writers`, called as Python does."""

from __future__ import annotations

import sys
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from leakgate.probe import instructions, writers
from leakgate.probe.census import Grown


@pytest.fixture
def kept() -> list[object]:
    return []


def watch_of(*containers: Any) -> writers.WriterWatch:
    return writers.WriterWatch([Grown(one, len, [0, 0]) for one in containers])


def followed(watch: writers.WriterWatch, function: Any) -> None:
    """Run a function under the profile function."""
    sys.setprofile(watch.profile)
    try:
        function()
    finally:
        sys.setprofile(None)


def lines_of(watch: writers.WriterWatch) -> set[str]:
    """Names of the functions that were charged."""
    return {vote.frames[0][2].rpartition(".")[2] for vote in watch.targets[0].votes.values()}


def nothing() -> None:
    pass


def test_a_call_of_the_containers_own_method_is_the_strongest_evidence(kept: list[object]) -> None:
    watch = watch_of(kept)

    def appends() -> None:
        kept.append(1)

    followed(watch, appends)
    (vote,) = watch.targets[0].votes.values()
    assert (lines_of(watch), vote.weight, vote.guessed) == ({"appends"}, 4, False)


def test_an_instruction_that_stores_is_found_after_the_call_before_it() -> None:
    table: dict[int, int] = {}
    watch = watch_of(table)

    def stores() -> None:
        nothing()
        table[1] = 1
        nothing()

    followed(watch, stores)
    (vote,) = watch.targets[0].votes.values()
    line = stores.__code__.co_firstlineno + 2
    assert (lines_of(watch), vote.frames[0][1], vote.guessed) == ({"stores"}, line, False)


def test_the_search_ends_after_enough_insertions(kept: list[object]) -> None:
    watch = watch_of(kept)

    def appends() -> None:
        for _ in range(20):
            kept.append(1)

    wanted = [watch.needs_more]
    followed(watch, appends)
    wanted.append(watch.needs_more)
    assert (wanted, watch.targets[0].seen) == ([True, False], 6)


def test_an_insertion_that_another_thread_may_have_made_counts_half() -> None:
    table: dict[int, int] = {}
    watch = watch_of(table)

    def profile(frame: Any, event: str, argument: object) -> None:
        watch._last_thread = 0  # another thread had the last event
        watch.profile(frame, event, argument)

    def stores(most: int) -> None:
        for _ in range(most):
            table[len(table)] = 1
            nothing()

    sys.setprofile(profile)
    try:
        stores(11)
        wanted = watch.needs_more
        stores(9)
    finally:
        sys.setprofile(None)
    assert (wanted, watch.needs_more) == (True, False)
    assert (watch.targets[0].seen, watch.targets[0].doubtful) == (0, 12)
    (vote,) = watch.targets[0].votes.values()
    assert (vote.weight, vote.guessed) == (12, False)


def test_an_entry_that_is_new_after_a_wait_is_charged_to_no_line(kept: list[object]) -> None:
    """While a function waits for a lock, another thread may insert."""
    watch = watch_of(kept)
    frame = sys._getframe()
    watch.profile(frame, "c_call", "".join)
    kept.append(1)
    watch.profile(frame, "c_return", SimpleNamespace)  # not a built-in function: its name is not known
    assert sum(vote.weight for vote in watch.targets[0].votes.values()) == 1
    kept.append(2)
    import _thread

    watch.profile(frame, "c_return", _thread.allocate_lock().acquire)
    assert watch.targets[0].seen == 1


def test_a_switch_of_greenlets_without_an_event_charges_no_other_greenlet() -> None:
    """Extensions in C switch without a call of a built-in function; a `partial` raises no event either."""
    greenlet = pytest.importorskip("greenlet").greenlet
    kept: dict[object, int] = {}
    watch = watch_of(kept)
    switches: dict[str, Any] = {}

    def keeper() -> None:
        for number in range(4):
            nothing()
            kept[number] = 1
            switches["to the other one"]()
        for number in range(4, 8):
            nothing()
            kept[number] = 1
            nothing()

    def other() -> None:
        scratch = {}
        while True:
            scratch[0] = 1
            nothing()
            switches["to the keeper"]()

    first, second = greenlet(keeper), greenlet(other)
    switches["to the other one"] = partial(second.switch)
    switches["to the keeper"] = partial(first.switch)
    followed(watch, first.switch)
    assert len(kept) == 8
    assert lines_of(watch) == {"keeper"}
    line = keeper.__code__.co_firstlineno + 7
    assert {vote.frames[0][1] for vote in watch.targets[0].votes.values()} == {line}


def test_an_error_of_the_probe_ends_the_watch_and_does_not_reach_the_program(kept: list[object]) -> None:
    watch = watch_of(kept)
    watch.targets[0].grown.measure = None  # type: ignore[assignment]
    removed: list[object] = []
    watch.profile(sys._getframe(), "call", None)
    assert (watch.active, watch.needs_more) == (False, False)
    watch.profile(sys._getframe(), "call", None, remove=removed.append)
    assert removed == [None]


def test_no_line_is_named_where_no_insertion_was_seen(kept: list[object]) -> None:
    assert watch_of(kept).targets[0].writer().frames == []


def test_the_line_of_an_instruction_is_known_on_every_python() -> None:
    code = compile("\n" * 300 + "a = 1\nb = 2\n", "x", "exec")
    assert instructions.line_of(code, -1) == 0
    assert instructions.line_of(code, len(code.co_code) - 2) == 302
    old = SimpleNamespace(co_firstlineno=10, co_lnotab=bytes([4, 2, 4, 250, 8, 1]))  # 250: back by 6 lines
    assert [instructions.line_of(old, at) for at in (0, 4, 8, 16)] == [10, 12, 6, 7]


def test_after_a_jump_back_the_whole_function_is_searched() -> None:
    def loops(table: dict[int, int]) -> None:
        for one in (1, 2):
            table[one] = 1

    code = loops.__code__
    store = instructions.opmap["STORE_SUBSCR"]
    at = next(at for at in range(0, len(code.co_code), 2) if code.co_code[at] == store)
    assert writers._find_store(code, at + 4, at - 2, writers._STORES) == at
    assert writers._find_store(code, at + 2, at + 2, (frozenset(),)) == -1


def test_a_long_stack_is_cut_at_the_outer_end() -> None:
    def deep(levels: int) -> Any:
        return deep(levels - 1) if levels else writers._traceback(sys._getframe(), 7)

    found = deep(40)
    assert len(found) == writers._MOST_FRAMES
    assert found[0][1] == 7
