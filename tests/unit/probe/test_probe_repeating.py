"""Parts of the runner of tests in-process: parameters, caches, scripts and what a call means."""

from __future__ import annotations

import asyncio
import atexit
import functools
import linecache
import logging
import os
import sys
import types
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from leakgate.probe.repeat import journal, originals
from leakgate.probe.repeat.caches import Caches, _forget_lines_of_files, _is_bounded, _size
from leakgate.probe.repeat.parameters import _MOST_CONTAINERS, Parameters


def item_with(**params: Any) -> Any:
    return types.SimpleNamespace(callspec=types.SimpleNamespace(params=params))


def test_containers_among_the_parameters_get_their_contents_back() -> None:
    things: dict[str, Any] = {"list": [1, [2]], "dict": {"a": {1}}, "bytes": bytearray(b"ab"), "tuple": ([3],)}
    parameters = Parameters(item_with(**things))
    assert parameters
    things["list"][1].append(9)
    things["list"].clear()
    things["dict"]["a"].add(9)
    things["dict"]["b"] = 1
    things["bytes"] += b"c"
    things["tuple"][0].clear()
    inner = things["dict"]["a"]
    parameters.restore()
    assert things == {"list": [1, [2]], "dict": {"a": {1}}, "bytes": bytearray(b"ab"), "tuple": ([3],)}
    assert things["dict"]["a"] is inner


def test_large_parameters_are_not_recorded() -> None:
    assert not Parameters(item_with(many=[[] for _ in range(_MOST_CONTAINERS + 1)]))
    assert not Parameters(item_with(long=list(range(30_000))))
    assert not Parameters(item_with(number=5))
    assert not Parameters(types.SimpleNamespace())


def test_a_bounded_cache_that_grew_is_emptied_and_another_one_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    @functools.lru_cache(maxsize=10)
    def grows(number: int) -> int:
        return number

    @functools.lru_cache(maxsize=10)
    def rests(number: int) -> int:
        return number

    rests(1)
    monkeypatch.setattr(originals.Original, "objects", staticmethod(lambda: [grows, rests]))
    caches = Caches()
    caches.find()
    grows(1)
    names = caches.look()
    assert [name.rpartition(".")[2] for name in names] == ["grows"]
    assert caches.look() == []
    caches.empty()
    assert (grows.cache_info().currsize, rests.cache_info().currsize) == (0, 1)


def test_a_cache_that_does_not_say_its_size_is_left_alone() -> None:
    class Strange:
        def cache_parameters(self) -> Any:
            raise RuntimeError

    assert not _is_bounded(Strange())
    assert _size(Strange()) == 0


def test_lines_of_files_are_forgotten_and_generated_sources_stay() -> None:
    cache: dict[str, Any] = {
        "/shop.py": (5, 1.0, ["x"], "/shop.py"),
        "<generated 1>": (5, None, ["x"], "<generated 1>"),
        "lazy": (len,),
    }
    _forget_lines_of_files(cache)
    assert list(cache) == ["<generated 1>"]
    _forget_lines_of_files(None)
    assert linecache.cache is not cache


def test_long_texts_keep_their_beginning_and_their_end() -> None:
    assert journal.short("short") == "short"
    text = journal.short("a" * 9_000 + "the end")
    assert text.startswith("aaa")
    assert text.endswith("the end")
    assert len(text) < 5_000


@pytest.mark.parametrize(
    ("values", "packed"), [([], []), ([5], [5]), ([5, 5, 5], [5, 0, 2]), ([1, 2, 3, 3], [1, 1, 2, 0, 1])]
)
def test_readings_are_packed_as_steps(values: list[int], packed: list[int]) -> None:
    assert journal.steps(values) == packed


def test_a_line_is_appended_with_one_write(tmp_path: Path) -> None:
    made = journal.Journal(str(tmp_path))
    made.add("test", id="é")
    made.in_child().add("end", status=0)
    (path,) = tmp_path.glob("tests-*.jsonl")
    assert path.read_text() == '{"kind":"test","id":"\\u00e9"}\n{"kind":"end","status":0}\n'


@pytest.fixture
def programs() -> Any:
    """The module of scripts and the one of callables, under the name that the rule needs."""
    package = types.ModuleType("_leakgate_probe")
    probe = Path(journal.__file__).parents[1]
    package.__path__ = [str(probe), str(probe.parent / "growth")]
    sys.modules["_leakgate_probe"] = package
    from importlib import import_module

    try:
        yield types.SimpleNamespace(
            programs=import_module("_leakgate_probe.repeat.programs"),
            callables=import_module("_leakgate_probe.repeat.callables"),
        )
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "_leakgate_probe"]:
            del sys.modules[name]


def test_a_script_leaves_the_process_as_it_was(tmp_path: Path, programs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(atexit, "register", atexit.register)
    script = tmp_path / "job.py"
    script.write_text(
        "import atexit, logging, os, sys, threading\n"
        "atexit.register(os.environ.__setitem__, 'ENDED', 'yes')\n"
        "threading.Thread(target=int).start()\n"
        "os.chdir('/')\n"
        "sys.path.append('/changed')\n"
        "sys.stdout = None\n"
        "logging.getLogger('shop.job').addHandler(logging.NullHandler())\n"
    )
    before = (os.getcwd(), dict(os.environ), sys.stdout)
    job = programs.programs.Program("path", str(script), [])
    job.call()
    job.call()
    job.close()
    assert (os.getcwd(), dict(os.environ), sys.stdout) == before
    assert "/changed" not in sys.path
    assert logging.getLogger("shop.job").handlers == []


@pytest.mark.parametrize(("status", "text"), [(0, ""), (None, ""), (3, "status 3"), ("no", "status 1: no")])
def test_the_status_of_a_script(programs: Any, status: object, text: str) -> None:
    if not text:
        programs.programs._check_status(status)
        return
    with pytest.raises(programs.programs.ExitStatusError, match=text):
        programs.programs._check_status(status)


def test_callables_are_set_up_and_torn_down(programs: Any) -> None:
    ended: list[str] = []

    def set_up() -> Iterator[Any]:
        yield lambda: ended.append("call")
        ended.append("down")

    async def set_up_later() -> AsyncIterator[Any]:
        async def waits() -> None:
            ended.append("waits")

        yield waits
        ended.append("later")

    for function in (set_up, set_up_later):
        callee = programs.callables.Callee(function)
        callee.call()
        callee.close()
    asyncio.set_event_loop(None)
    assert ended == ["call", "down", "waits", "later"]
    once = programs.callables.Once(types.SimpleNamespace(call=lambda: 1 // 0))
    assert once() == "ZeroDivisionError: integer division or modulo by zero"

    def interrupts() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        programs.callables.Once(types.SimpleNamespace(call=interrupts))()
    assert programs.callables._line_of("os:getcwd") == ["", 0]
    assert programs.callables._line_of("no_such_module:x") == ["", 0]
