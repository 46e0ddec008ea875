"""The hooks of the interpreter, called as it calls them. Python traces nothing inside them: coverage sees only this."""

from __future__ import annotations

import gc
import os
import socket
import sys
import threading
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from leakgate.probe import audit, interpreters, opened, piled_up, writers
from leakgate.probe.answer import Answer
from leakgate.probe.calltree import Tree
from leakgate.probe.census import Grown
from leakgate.probe.system import system
from tests.helpers.probe_steps import drive, lines_of, notes_of

WINDOW_S = 0.0


class Part:
    """A frame or a code, with the attributes that the probe reads."""

    def __init__(self, **values: Any) -> None:
        vars(self).update(values)


def frame_of(name: str, line: int, back: Any = None, at: int = 2) -> Any:
    """A frame, with code that stores nothing."""
    code: Any = Part(co_filename="/shop.py", co_name=name, co_qualname=name, co_firstlineno=line, co_code=b"\0" * 8)
    code.co_lines = lambda: [(0, 8, line)]
    return Part(f_code=code, f_lineno=line, f_lasti=at, f_back=back)


def test_calls_and_returns_charge_the_function_that_keeps() -> None:
    counter = [1_000]
    tree = Tree(lambda: counter[0])
    serve = frame_of("serve", 10)
    for _ in range(3):
        keeps, frees = frame_of("keeps", 20, serve), frame_of("frees", 30, serve)
        keeps.f_code, frees.f_code = KEEPS, FREES
        tree.profile(serve, "c_call", len)
        tree.profile(keeps, "call", None)
        counter[0] += 5_000
        tree.profile(keeps, "return", None)
        tree.profile(frees, "call", None)
        counter[0] += 9_000
        tree.profile(frees, "c_return", len)
        counter[0] -= 9_000
        tree.profile(frees, "return", None)
    ((frames, grew, calls),) = tree.rows(exact=True)
    assert ([name for _, _, name in frames], grew, calls) == (["keeps", "serve"], 15_000, 3)
    assert tree.active


KEEPS, FREES = frame_of("keeps", 20).f_code, frame_of("frees", 30).f_code


def test_a_function_that_began_before_the_profiling_may_return() -> None:
    counter = [0]
    tree = Tree(lambda: counter[0])
    serve = frame_of("serve", 10)
    begun = frame_of("begun", 20, serve)
    counter[0] += 100
    tree.profile(begun, "return", None)
    tree.profile(serve, "return", None)
    tree.profile(serve, "return", None)
    thread = frame_of("thread", 5)
    tree.profile(thread, "call", None)
    collecting: Any = Part(f_code=Tree.collecting.__code__, f_lasti=0, f_lineno=1, f_back=thread)
    tree.profile(collecting, "call", None)
    assert (tree.active, tree.grew_bytes) == (True, 100)


@pytest.fixture
def kept() -> list[int]:
    return []


def watch_of(kept: list[int]) -> writers.WriterWatch:
    return writers.WriterWatch([Grown(kept, len, [0, 0])])


def votes(watch: writers.WriterWatch) -> dict[tuple[str, int], int]:
    return {place: vote.weight for place, vote in watch.targets[0].votes.items()}


def test_between_two_events_of_a_function_it_has_inserted(kept: list[int]) -> None:
    watch = watch_of(kept)
    serve = frame_of("serve", 10)
    watch.profile(serve, "c_call", len)
    watch.profile(frame_of("step", 20, serve), "call", None)
    kept.append(1)  # before the call of the function, by the instruction that calls it
    watch.profile(serve, "c_call", len)
    assert votes(watch) == {}  # another function ran last: it may have been a greenlet's
    kept.append(2)
    watch.profile(serve, "c_return", len)
    assert votes(watch) == {("/shop.py", 10): 1}
    assert watch.targets[0].writer().guessed


def test_the_containers_own_method_counts_in_whatever_thread_it_runs(kept: list[int]) -> None:
    watch = watch_of(kept)
    serve = frame_of("serve", 10)
    kept.append(1)
    watch.profile(serve, "c_return", kept.append)
    assert votes(watch) == {("/shop.py", 10): 4}
    assert not watch.targets[0].writer().guessed


def test_the_first_function_of_a_thread_ends(kept: list[int]) -> None:
    watch = watch_of(kept)
    serve = frame_of("serve", 10)
    watch.profile(serve, "call", None)
    assert threading.get_ident() in watch._resumed
    watch.profile(serve, "return", None)
    assert watch._resumed == {}
    watch.profile(frame_of("inner", 20, serve), "return", None)
    assert watch._resumed == {threading.get_ident(): (id(serve), 2)}


@pytest.fixture
def listening() -> Iterator[audit.Log]:
    log = audit.Log()
    audit._listener.log = log
    yield log
    audit.abandon()


def test_events_are_kept_with_their_subject_and_their_calls(listening: audit.Log, tmp_path: Path) -> None:
    class Runs(threading.Thread):
        pass

    thread = Runs()
    with socket.socket() as made:
        for event, arguments in (
            ("open", (str(tmp_path / "a"), "r", 0)),
            ("open", (os.fsencode(tmp_path / "b"), "r", 0)),
            ("open", (7, "r", 0)),
            ("open", (None, "r", 0)),
            ("open", ("x" * 5_000, "r", 0)),
            ("socket.__new__", (made, 2, 1, 0)),
            ("_thread.start_new_thread", (thread.run, (), {})),
            ("_thread.start_new_thread", (len, (), {})),
            ("os.fork", ()),
            ("gc.collect", ()),
        ):
            audit._receive(event, arguments)
        subjects = [(event, subject) for _, event, subject, _ in listening.entries()]
    assert [event for event, _ in subjects] == [
        "open",
        "open",
        "open",
        "socket.__new__",
        "_thread.start_new_thread",
        "os.fork",
    ]
    assert subjects[0][1][0] == str(tmp_path / "a")
    assert subjects[2][1] == 7
    assert subjects[4][1] == id(thread)
    assert subjects[5][1] == "os.fork"
    (*_, frames) = listening.entries()[-1]
    assert 0 < len(frames) <= audit._MOST_FRAMES


def test_an_error_of_the_probe_ends_the_recording_and_one_of_the_program_is_raised(listening: audit.Log) -> None:
    class Alarm:
        def note(self, event: str, arguments: object) -> None:
            raise TimeoutError("theirs")

    audit._receive("open", ())  # without its arguments
    assert audit._listener.log is None
    audit._listener.log = Alarm()  # type: ignore[assignment]
    with pytest.raises(TimeoutError):
        audit._receive("open", ("x",))
    audit._receive("open", ("x",))  # nothing listens any more


def test_a_new_interpreter_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    announced: list[int] = []
    monkeypatch.setattr(interpreters, "announce", lambda: announced.append(1))
    audit._receive(audit._NEW_INTERPRETER, ())
    assert announced == [1]


def test_where_no_pipe_can_be_opened_the_next_number_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> Any:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(system, "pipe", staticmethod(refuses))
    assert audit._next_number() == -1


@pytest.mark.skipif(sys.platform != "linux", reason="descriptors are listed on Linux")
def test_resources_that_are_new_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_interpreters", "_xxsubinterpreters"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    gc.collect()  # a file of another test that is closed meanwhile would give its number to a new one
    answer = Answer(str(tmp_path), 1)
    look = opened.ResourceLook(answer)
    assert drive(look.finish(WINDOW_S)) is None  # `begin` was cut short
    drive(look.begin())
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    with Path(tmp_path, "file").open("w"), socket.socket() as made:
        made.fileno()
        ends = os.pipe()
        thread.start()
        drive(look.finish(WINDOW_S))
        over.set()
        thread.join()
    for end in ends:
        os.close(end)
    kinds = {line["what"] for line in lines_of(answer, "resource") if line["metric"] == "fds"}
    assert {"file", "pipe"} <= kinds
    assert any(kind.startswith("socket (") for kind in kinds)
    assert "threads" in {line["metric"] for line in lines_of(answer, "resource")}


def test_an_audit_hook_of_the_program_may_refuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses() -> Any:
        raise PermissionError

    monkeypatch.setattr(audit, "listen", refuses)
    answer = Answer(str(tmp_path), 1)
    drive(opened.ResourceLook(answer).begin())
    (note,) = notes_of(answer)
    assert "PermissionError" in note
    opened.abandon()


def test_a_system_that_lists_nothing_has_no_resources(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object, **__: object) -> Any:
        raise OSError

    for name in ("listdir", "open_file", "fstat"):
        monkeypatch.setattr(system, name, staticmethod(refuses))
    assert opened._descriptors() == []
    assert opened._children() == frozenset()
    assert opened._state_of(1) == ("", 0.0)
    assert opened._kind_of(0) == []


def test_a_child_that_was_forked_while_coroutines_were_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    depths: list[int] = []
    monkeypatch.setattr(sys, "set_coroutine_origin_tracking_depth", depths.append)
    monkeypatch.setattr(opened, "_tracks_origins", True)
    opened.abandon()
    opened.abandon()
    assert depths == [0]


def test_resources_that_pile_up_rise_at_each_look(monkeypatch: pytest.MonkeyPatch) -> None:
    resources = piled_up.Resources()
    key = ("threads", "work")
    resources.moments = [
        {key: 1, ("threads", "old"): 5},
        {key: 2, ("threads", "old"): 5},
        {key: 3, ("threads", "old"): 5},
    ]
    assert resources.grown() == [(key, [1, 2, 3])]
    monkeypatch.setitem(sys.modules, "threading", types.ModuleType("threading"))
    assert piled_up.threads() == []
    monkeypatch.setitem(sys.modules, "asyncio.tasks", types.ModuleType("asyncio.tasks"))
    assert piled_up.tasks() == []
