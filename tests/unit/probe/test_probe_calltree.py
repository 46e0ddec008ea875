"""Which call keeps memory, from events and samples of a counter that the tests move by hand."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leakgate.probe import awake, calltree, hooks, interpreters, native
from leakgate.probe.answer import Answer
from leakgate.probe.calltree import Node, Tree
from leakgate.probe.system import system
from tests.helpers.probe_steps import drive, lines_of, notes_of


class Counter:
    """A counter of bytes."""

    def __init__(self) -> None:
        self.bytes = 1_000_000

    def read(self) -> int:
        return self.bytes


@pytest.fixture
def counter() -> Counter:
    return Counter()


def follow(tree: Tree, function: Callable[[], object]) -> None:
    sys.setprofile(tree.profile)
    try:
        function()
    finally:
        sys.setprofile(None)


def names(tree: Tree, *, exact: bool = True) -> list[str]:
    """The innermost functions that are named."""
    return [frames[0][2].rpartition(".")[2] for frames, _, _ in tree.rows(exact=exact)]


def test_the_function_that_keeps_memory_is_named(counter: Counter) -> None:
    tree = Tree(counter.read)

    def keeps() -> None:
        counter.bytes += 1_000

    def returns() -> None:
        counter.bytes += 5_000
        len("")
        counter.bytes -= 5_000

    def serves() -> None:
        for _ in range(10):
            keeps()
            returns()

    follow(tree, serves)
    (row,) = tree.rows(exact=True)
    assert (row[0][0][2].rpartition(".")[2], row[1], row[2]) == ("keeps", 10_000, 10)
    assert tree.grew_bytes == 10_000


def test_memory_that_the_caller_frees_is_the_callers(counter: Counter) -> None:
    """The result of a call: it is made in one function, and its caller frees it."""
    tree = Tree(counter.read)

    def makes() -> None:
        counter.bytes += 100_000

    def uses() -> None:
        makes()
        counter.bytes -= 100_000
        len("")
        counter.bytes += 1_000

    def serves() -> None:
        for _ in range(10):
            uses()

    follow(tree, serves)
    assert names(tree) == ["uses"]


def test_recursive_calls_count_once(counter: Counter) -> None:
    tree = Tree(counter.read)

    def down(levels: int) -> None:
        if levels:
            down(levels - 1)
        else:
            counter.bytes += 1_000

    def serves() -> None:
        for _ in range(5):
            down(3)

    follow(tree, serves)
    assert names(tree) == ["down"]
    assert tree.rows(exact=True)[0][1] == 5_000


def test_two_calls_that_keep_are_both_named(counter: Counter) -> None:
    tree = Tree(counter.read)

    def one() -> None:
        counter.bytes += 1_000

    def other() -> None:
        counter.bytes += 900

    def serves() -> None:
        for _ in range(10):
            one()
            other()

    follow(tree, serves)
    assert names(tree) == ["one", "other"]
    assert names(tree, exact=False) != []


def test_samples_name_one_line_at_most(counter: Counter) -> None:
    tree = Tree(counter.read)
    counter.bytes += 10_000
    tree.sample(sys._getframe())
    counter.bytes += 10_000
    tree.sample(sys._getframe())
    assert len(tree.rows(exact=False)) == 1
    assert Tree(counter.read).rows(exact=True) == []


def test_what_a_collection_frees_is_charged_to_no_line(counter: Counter) -> None:
    tree = Tree(counter.read)
    tree.collecting("stop", {})  # a collection that had begun before
    tree.collecting("start", {})
    counter.bytes -= 500_000
    tree.collecting("stop", {})
    tree.sample(sys._getframe())
    assert tree.grew_bytes == 0


def test_a_tree_that_is_full_ends_the_profiling(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calltree, "_MOST_NODES", 3)
    tree = Tree(counter.read)
    tree.sample(sys._getframe())
    assert (tree.active, tree.full) == (False, True)
    removed: list[object] = []
    tree.profile(sys._getframe(), "call", None, remove=removed.append)
    assert removed == [None]


def test_an_error_of_the_probe_ends_the_profiling_and_one_of_the_program_is_raised(counter: Counter) -> None:
    tree = Tree(counter.read)

    def alarm() -> int:
        raise TimeoutError("theirs")

    tree._read_counter = alarm
    with pytest.raises(TimeoutError):
        tree.profile(sys._getframe(), "return", None)
    assert tree.active
    tree._read_counter = None  # type: ignore[assignment]
    tree.profile(sys._getframe(), "return", None)
    assert not tree.active


def test_events_of_the_probes_own_callback_are_left_out(counter: Counter) -> None:
    tree = Tree(counter.read)

    def collects() -> None:
        counter.bytes += 10
        tree.collecting("start", {})

    follow(tree, collects)
    assert not any("collecting" in frames[0][2] for frames, _, _ in tree.rows(exact=True))


def test_a_function_that_began_before_has_returned(counter: Counter) -> None:
    tree = Tree(counter.read)

    def begins() -> None:
        sys.setprofile(tree.profile)
        counter.bytes += 5_000

    try:
        begins()
        len("")
    finally:
        sys.setprofile(None)
    assert tree.grew_bytes >= 0


def test_each_thread_has_its_own_place_in_the_tree(counter: Counter) -> None:
    tree = Tree(counter.read)

    def works() -> None:
        sys.setprofile(tree.profile)
        counter.bytes += 2_000
        len("")
        sys.setprofile(None)

    thread = threading.Thread(target=works)
    thread.start()
    thread.join()
    assert tree.grew_bytes == 2_000


def test_freed_memory_is_taken_from_the_newest_gain_that_is_large_enough() -> None:
    running = calltree._Running(0)
    callee = Node(None, None, 0)
    running.gain(0, None)
    running.gain(100, callee)
    running.gain(10, None)
    running.gain(20, None)  # joins the one before
    assert running._gains == [(100, callee), (30, None)]
    assert running.take_back(30) == 0
    assert running.take_back(60) == 60
    assert (callee.kept, callee.handed_on) == (-60, 60)
    assert running.take_back(1_000) == 40
    for number in range(40):
        running.gain(1 + number, Node(None, None, 0))
    assert len(running._gains) == calltree._MOST_GAINS


def test_a_line_is_known_even_of_a_call_without_lines() -> None:
    code = (lambda: None).__code__
    assert Node(None, code, 0)._worst_line() == code.co_firstlineno
    assert Node(None, None, 0)._worst_line() == 0


def test_the_line_that_keeps_most_is_shown() -> None:
    node = Node(None, (lambda: None).__code__, 0)
    node.lines = {0: [100, 5], 2: [300, 7], 4: [50, 5]}
    assert node._worst_line() == 7
    node.handed_on = 290  # the caller freed what line 7 made
    assert node._worst_line() == 5


@pytest.mark.parametrize(("kept", "handed_on"), [(160, False), (161, True)])
def test_a_function_that_keeps_far_more_than_its_caller_hands_on_its_result(kept: int, *, handed_on: bool) -> None:
    code = (lambda: None).__code__
    caller = Node(Node(None, None, 0), code, 1)
    between = Node(caller, code, 2)
    node = Node(between, code, 3)
    caller.total, between.total, node.total = 100, 10_000, kept
    assert not node.is_handed_on, "no caller has returned, so each may still free what it holds"
    caller.returned = between.returned = 1
    assert node.is_handed_on is handed_on


def test_calls_are_not_followed_beside_subinterpreters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreters, "may_be_others", lambda: True)
    answer = Answer(str(tmp_path), 1)
    assert drive(native._install(answer, lambda: 5)) is None
    (note,) = notes_of(answer)
    assert "subinterpreters" in note


def test_where_the_program_has_its_own_profiler_calls_are_sampled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_interpreters", "_xxsubinterpreters"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    answer = Answer(str(tmp_path), 1)
    theirs: Any = lambda *_: None  # noqa: E731 - a profiler
    sys.setprofile(theirs)
    try:
        assert drive(native._install(answer, lambda: 5)) is None
        assert sys.getprofile() is theirs
    finally:
        sys.setprofile(None)
        hooks.release_new_threads()
    (note,) = notes_of(answer)
    assert "profiler" in note
    assert not any("collecting" in repr(one) for one in gc.callbacks)


def test_too_little_growth_is_said_and_not_explained(tmp_path: Path, counter: Counter) -> None:
    answer = Answer(str(tmp_path), 1)
    assert native._write(answer, Tree(counter.read), "malloc", exact=True) == 0
    (note,) = notes_of(answer)
    assert "malloc" in note
    assert lines_of(answer, "native-site") == []


def test_mapped_memory_is_unknown_where_the_file_is_closed_or_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    maps = native._MappedBytes()
    if sys.platform == "linux":
        assert maps.read() > 1_000_000
        os.close(maps._descriptor)
    assert maps.read() == 0
    maps._descriptor = -1
    maps.close()

    def refuses(*_: object, **__: object) -> Any:
        raise PermissionError

    monkeypatch.setattr(system, "open", staticmethod(refuses))
    monkeypatch.setattr(system, "open_file", staticmethod(refuses))
    assert native._MappedBytes().read() == 0
    assert native._read_rss() == 0


def test_samples_go_to_the_thread_that_has_moved(counter: Counter) -> None:
    samples = native._Samples(counter.read)
    samples.take()
    counter.bytes += 50_000
    over, ready = threading.Event(), threading.Event()

    def spins() -> None:
        ready.set()
        while not over.is_set():
            pass

    thread = threading.Thread(target=spins)
    thread.start()
    ready.wait()
    samples.take()
    over.set()
    thread.join()
    assert samples.tree.grew_bytes == 50_000


def test_the_clock_of_waits_does_not_count_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(system, "monotonic", staticmethod(lambda: now[0]))
    before = awake.awake_s()
    now[0] += 3_600.0
    assert awake.awake_s() == pytest.approx(before + awake._MOST_S)
