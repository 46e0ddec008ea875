"""Branches of small parts of the probe that real programs rarely take."""

from __future__ import annotations

import _ctypes
import builtins
import gc
import sys
import threading
import types
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from leakgate.probe import foreign, piled_up, retained, thread_caches
from leakgate.probe.repeat import count_readings, originals, own_builtins
from leakgate.probe.repeat.caches import Caches
from leakgate.probe.repeat.parameters import Parameters
from leakgate.probe.system import system
from tests.helpers.answer_rows import holders, of_kind
from tests.unit.probe.stepwise import HOLDERS, TRACE, explained


def test_builtins_that_the_program_replaces_are_named_and_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["ascii", "bin", "chr", "delattr", "hex", "oct", "pow"]
    before = {name: getattr(builtins, name) for name in names}
    assert own_builtins.replaced_builtins() == ""
    monkeypatch.setattr(builtins, "hex", lambda _: "")
    assert own_builtins.replaced_builtins().endswith("the builtin hex")
    for name in names:
        monkeypatch.setattr(builtins, name, lambda *_: "")
    why = own_builtins.restore_builtins()
    assert why.endswith(" and 2 more")
    assert {name: getattr(builtins, name) for name in names} == before
    assert own_builtins.with_reason("failed\n", why).startswith("failed (conftest.py")


def test_only_modules_of_the_probe_get_their_own_builtins(monkeypatch: pytest.MonkeyPatch) -> None:
    finder = own_builtins._PrivateFinder()
    assert finder.find_spec("json") is None
    assert finder.find_spec(own_builtins._PREFIX + "no_such_module", []) is None


def test_a_doctest_gets_its_names_again() -> None:
    names = {"shop": 1}
    parameters = Parameters(types.SimpleNamespace(dtest=types.SimpleNamespace(globs=names)))
    names.clear()
    names["other"] = 2
    parameters.give_names()
    assert (names, bool(parameters)) == ({"shop": 1}, False)
    Parameters(types.SimpleNamespace()).give_names()  # it is no doctest


def test_functions_that_a_platform_does_not_have_do_nothing() -> None:
    assert originals._nothing(1, 2) is None  # type: ignore[func-returns-value]


def test_counters_that_the_system_does_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    assert count_readings._count_entries("/no/such/folder") == count_readings._ABSENT

    def refuses(*_: object, **__: object) -> Any:
        raise OSError("no /proc")

    monkeypatch.setattr(system, "open_file", staticmethod(refuses))
    assert count_readings.read_resident() == count_readings._ABSENT
    monkeypatch.setattr(count_readings, "_fd_folder", "")
    assert count_readings.count_descriptors() == count_readings._ABSENT


def test_strings_that_some_pythons_keep_for_ever_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "getunicodeinternedsize", lambda: 30, raising=False)
    for version, blocks in (((3, 12, 1), 70), ((3, 12, 6), 100), ((3, 11, 9), 100)):
        with monkeypatch.context() as patch:
            patch.setattr(sys, "version_info", version)
            counted = count_readings._without_interned(lambda: 100)
        assert counted() == blocks


def test_types_that_ctypes_keeps_are_dropped_where_they_become_more(monkeypatch: pytest.MonkeyPatch) -> None:
    reset: list[int] = []

    def fails() -> None:
        reset.append(1)
        raise RuntimeError("in the middle")

    made = types.SimpleNamespace(_pointer_type_cache={}, _c_functype_cache=None, _reset_cache=fails)
    monkeypatch.setitem(sys.modules, "ctypes", made)
    caches = Caches()
    caches.find()
    caches.empty()
    assert reset == []
    made._pointer_type_cache[1] = int
    caches.empty()
    caches.empty()
    assert reset == [1]


def test_threads_and_cycles_that_become_more_are_counted() -> None:
    counted = piled_up.Resources()
    over = threading.Event()
    garbage: list[object] = []
    gc.disable()
    try:
        for _ in range(2):
            threading.Thread(target=over.wait, daemon=True).start()
            threading.Thread(target=lambda: over.wait(), daemon=True).start()  # noqa: PLW0108 - a Python function
            garbage += [[] for _ in range(10)]
            counted.look(garbage)
        grown = {kind for (kind, _), _ in counted.grown()}
    finally:
        gc.enable()
        over.set()
    assert {piled_up.THREADS, piled_up.CYCLES} <= grown


class Kept:
    __slots__ = ("things",)  # so that the collector shows the same in every Python

    def __init__(self, *things: object) -> None:
        self.things = things


def test_what_an_entry_keeps() -> None:
    assert retained.entry_bytes([]) == 8
    assert retained.entry_bytes(bytearray(b"abc")) == 1
    many = Kept(*(f"text {at}" for at in range(3_000)))
    assert "str" in retained.brought([many], set())
    shared = Kept()

    def made(number: int) -> Any:
        own = [number]
        return lambda: (own, shared)

    functions = [made(at) for at in range(20)]
    assert retained.instances_each(functions, id(list)) == 1.0
    assert retained.instances_each(functions, id(Kept)) == 0.0
    assert len(retained.reach((many,), [])) > 2_000
    assert retained.entry_type([]) == foreign.type_in([]) == ""
    assert [retained.entry_type({key: value}) for key, value in (((1,), {}), ((1,), 5), ("a", {}))] == [
        "tuple: dict",
        "tuple",
        "dict",
    ]
    part, other = [1.5], [2.5]
    entry = [part, part, other]
    assert retained.reach((entry,), [], {id(other)}) == [entry, part, 1.5]


@pytest.mark.skipif(sys.platform != "linux", reason="thread caches are glibc's")
def test_memory_that_is_no_thread_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    caches = thread_caches.ThreadCaches(threading.get_ident())
    assert not caches._looks_like_one(16)
    assert caches._count(16) == -1
    assert not caches._counts_own(_ctypes.addressof(caches._memory._shared))
    caches._tries = caches._distance = 0
    assert caches.held_bytes() == 0
    monkeypatch.setattr(sys, "byteorder", "big")
    with pytest.raises(LookupError):
        thread_caches.ThreadCaches(threading.get_ident())


@pytest.mark.skipif(sys.platform != "linux", reason="thread caches are glibc's")
def test_a_cache_of_another_form_is_searched_for_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    caches = thread_caches.ThreadCaches(threading.get_ident())
    with monkeypatch.context() as patch:
        patch.setattr(thread_caches, "_CHUNK_SIZES", ())
        assert [caches.held_bytes() for _ in range(6)] == [0] * 6
        assert (caches._tries, caches._distance) == (0, 0)
    assert caches.held_bytes() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="thread caches are glibc's")
def test_without_threading_the_caches_of_two_threads_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        caches = thread_caches.ThreadCaches(threading.get_ident())
        caches.held_bytes()
        if not caches._distance:
            pytest.skip("the C library has no such caches")
        assert set(caches._held) >= {threading.get_ident(), thread.ident}
        monkeypatch.delitem(sys.modules, "threading")
        caches.held_bytes()
        assert set(caches._held) == {threading.get_ident()}
    finally:
        over.set()
        thread.join()


LEAK = "KEPT = []\n\ndef step(number):\n    KEPT.append([number])\n"


def test_a_trace_ends_when_its_answer_is_clear(tmp_path: Path) -> None:
    rows = explained(tmp_path, LEAK, TRACE, 20.0)
    (window,) = of_kind(rows, "window")
    assert window["t1"] - window["t0"] < 15.0


def test_a_trace_ends_with_the_program(tmp_path: Path) -> None:
    program = LEAK + "    if number == 60:\n        import stepwise\n        stepwise.hurry()\n"
    rows = explained(tmp_path, program, TRACE | HOLDERS, 10.0)
    (window,) = of_kind(rows, "window")
    assert len(window["marks"]) == 2


PILES = """
import atexit, gc, threading

gc.disable()
OVER = threading.Event()

def waits():
    OVER.wait()

def step(number):
    atexit.register(int)
    if number % 20 == 0:
        threading.Thread(target=waits, daemon=True).start()
    cycle = []
    cycle.append(cycle)
"""


def test_what_piles_up_outside_of_containers_is_written(tmp_path: Path) -> None:
    found = holders(explained(tmp_path, PILES + "\natexit.register(OVER.set)\n"))
    assert {"waits", "atexit", "gc"} <= set(found)


def test_the_modules_of_the_runner_are_loaded_with_their_own_builtins() -> None:
    with own_builtins.OwnBuiltins():
        assert import_module("json").__name__ == "json"
