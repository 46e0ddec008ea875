"""What the probe asks of the interpreter and of C, where the answer is no: no ctypes, full queues, other profilers."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
import types
from collections.abc import Iterator
from typing import Any

import pytest

from leakgate.probe import allocators, cabi, collect, counters, gauges, hooks, interpreters, main_thread, thread_caches
from tests.helpers.probe_steps import drive

NO_INTERPRETERS = ("_interpreters", "_xxsubinterpreters")


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another test of this process may have loaded the module that makes subinterpreters."""
    for name in NO_INTERPRETERS:
        monkeypatch.delitem(sys.modules, name, raising=False)


@pytest.fixture
def with_interpreters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, NO_INTERPRETERS[0], types.ModuleType(NO_INTERPRETERS[0]))


@pytest.fixture
def threads_hook() -> Iterator[None]:
    """Leaves the profile hook of `threading` as it was."""
    before = threading._profile_hook
    yield
    threading._profile_hook = before
    hooks._for_new_threads = None


def without_cabi(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a Python that was built without ctypes."""
    monkeypatch.setitem(sys.modules, "leakgate.probe.cabi", None)
    monkeypatch.delattr(sys.modules["leakgate.probe"], "cabi", raising=False)


def test_a_function_is_called_on_the_main_thread() -> None:
    done = drive(main_thread.call(threading.get_ident, patience_s=60.0))
    assert (done.made, done.result) == (True, threading.main_thread().ident)
    assert done.seconds >= 0.0
    assert not main_thread.is_awaited()


def test_no_call_is_made_beside_subinterpreters(with_interpreters: None) -> None:
    assert not drive(main_thread.call(len, (), patience_s=60.0)).made
    assert interpreters.current_frames() == {}


def test_a_full_queue_of_the_interpreter_means_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main_thread, "_schedule", lambda: False)
    assert not drive(main_thread.call(len, (), patience_s=60.0)).made
    assert not main_thread.is_awaited()


def test_a_call_that_is_not_made_in_time_does_nothing_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main_thread, "_schedule", lambda: True)  # the main thread stays in C
    called: list[int] = []
    assert not drive(main_thread.call(called.append, 1, patience_s=0.0)).made
    assert main_thread.is_awaited()
    assert not drive(main_thread.call(called.append, 2, patience_s=0.0)).made  # one call at a time
    main_thread.forget()
    (job,) = main_thread._jobs
    job()
    main_thread._jobs.clear()
    assert called == []


def test_a_call_that_has_begun_is_awaited_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main_thread, "_schedule", lambda: True)
    running = main_thread.call(len, (), patience_s=0.0)
    main_thread._timed.clear()

    def begins() -> bool:
        main_thread._jobs.clear()
        return True

    monkeypatch.setattr(main_thread, "_schedule", begins)
    assert next(running) > 0  # the time is over, but the job is no longer in the queue
    main_thread._timed.append((1.0, 5, 1.5))
    with pytest.raises(StopIteration) as end:
        next(running)
    assert (end.value.value.result, end.value.value.seconds) == (5, 0.5)


def test_without_ctypes_nothing_can_be_scheduled(monkeypatch: pytest.MonkeyPatch) -> None:
    without_cabi(monkeypatch)
    assert main_thread._prepare()() is False


def test_a_collection_that_the_main_thread_does_not_make_is_made_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main_thread, "_schedule", lambda: False)
    before = gc.get_stats()[-1]["collections"]
    assert drive(collect.settle()) > 0.0
    assert gc.get_stats()[-1]["collections"] > before
    monkeypatch.setattr(collect, "_took_s", 1_000.0)
    assert collect.is_recent()


def test_there_is_no_collection_where_the_program_has_switched_the_collector_off() -> None:
    was = gc.isenabled()
    gc.disable()
    try:
        before = gc.get_stats()[-1]["collections"]
        assert drive(collect.settle()) == 0.0
        assert gc.get_stats()[-1]["collections"] == before
    finally:
        if was:
            gc.enable()


def test_what_must_not_run_beside_a_subinterpreter_is_stopped_once() -> None:
    stopped: list[int] = []
    interpreters.stop_before(lambda: stopped.append(1))
    interpreters.stop_before(lambda: stopped.append(2))
    interpreters.announce()
    interpreters.announce()
    assert stopped == [2]


def profile(*_: Any) -> Any:
    pass


def test_profile_functions_stay_away_from_subinterpreters(with_interpreters: None) -> None:
    assert "subinterpreters" in drive(hooks.install(profile))


def test_the_profiler_of_the_program_stays(threads_hook: None, monkeypatch: pytest.MonkeyPatch) -> None:
    sys.setprofile(profile)
    try:
        assert "profiler" in drive(hooks.install(lambda *_: None))
        assert sys.getprofile() is profile
    finally:
        sys.setprofile(None)
    theirs: Any = lambda *_: None  # noqa: E731 - a profiler
    threading._profile_hook = theirs
    assert not hooks._follow_new_threads(lambda *_: None)
    hooks.release_new_threads()
    hooks.remove_from_threads()
    assert threading._profile_hook is theirs


@pytest.mark.skipif(not hasattr(os, "sched_yield"), reason="Linux")
def test_the_profile_function_is_set_where_the_probe_works_on_the_main_thread(threads_hook: None) -> None:
    """As where tests and callables are repeated."""
    drive(hooks.install(profile))
    before = sys.getprofile()
    drive(hooks.remove())
    assert (before, sys.getprofile()) == (profile, None)


def test_without_threading_there_are_no_new_threads_to_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "threading")
    assert hooks._follow_new_threads(profile)
    hooks.release_new_threads()
    assert hooks._for_new_threads is None


def test_where_neither_the_main_thread_nor_others_can_be_reached_it_says_so(
    threads_hook: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main_thread, "_schedule", lambda: False)
    monkeypatch.setattr(hooks, "_reach_others", lambda _: False)
    monkeypatch.setattr(interpreters, "current_frames", dict)
    monkeypatch.delattr(sys, "_setprofileallthreads", raising=False)
    assert "main thread" in drive(hooks.install(profile))
    missed = [hooks.misses_threads]
    monkeypatch.setattr(interpreters, "current_frames", lambda: {1: None, 2: None, 3: None})
    drive(hooks.install(profile))
    missed.append(hooks.misses_threads)
    assert missed == [False, True]
    drive(hooks.remove())


def test_other_threads_are_followed_and_left_again(threads_hook: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the C function that Python 3.9 to 3.11 need, which later versions have as well."""
    seen: set[int] = set()
    over = threading.Event()
    rounds = [0]

    def sees(*_: object) -> None:
        seen.add(threading.get_ident())

    def works() -> None:
        while not over.is_set():
            abs(-1)
            rounds[0] += 1
            time.sleep(0.001)

    def wait_for_rounds() -> None:
        until, before = time.monotonic() + 60, rounds[0]
        while rounds[0] < before + 3 and time.monotonic() < until:
            time.sleep(0.002)

    thread = threading.Thread(target=works)
    thread.start()
    try:
        wait_for_rounds()
        assert hooks._reach_others(sees)
        wait_for_rounds()
        monkeypatch.delattr(sys, "_setprofileallthreads", raising=False)
        hooks.remove_from_threads()
        assert thread.ident in seen
        assert threading.get_ident() not in seen
        wait_for_rounds()
        seen.clear()
        wait_for_rounds()
        assert seen == set()
    finally:
        over.set()
        thread.join()


def test_a_python_that_cannot_reach_other_threads_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    without_cabi(monkeypatch)
    assert not hooks._reach_others(profile)
    monkeypatch.delattr(sys, "_setprofileallthreads", raising=False)
    hooks.remove_from_threads()  # raises nothing


def test_an_exception_that_reaches_the_profile_function_is_raised_in_the_program(threads_hook: None) -> None:
    """Programs send exceptions to their threads, for example to end them after some time."""
    caught: list[str] = []
    ready = threading.Event()

    def raises(frame: Any, event: str, argument: object) -> None:
        if threading.get_ident() == thread.ident:  # a thread of the test runner gets it too
            sys.setprofile(None)
            raise KeyError("theirs")

    def works() -> None:
        until = time.monotonic() + 60
        try:
            ready.set()
            while time.monotonic() < until:
                abs(-1)
        except KeyError as error:
            trace = error.__traceback__
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            caught.append(trace.tb_frame.f_code.co_filename if trace is not None else "")

    thread = threading.Thread(target=works)
    thread.start()
    ready.wait()
    cabi.profile_other_threads(raises)
    thread.join()
    hooks.remove_from_threads()
    assert len(caught) == 1
    assert caught[0] != cabi.__file__


def test_counters_that_do_not_see_allocations_are_absent() -> None:
    blind, exact = (lambda: 5), sys.getallocatedblocks
    assert counters._sighted([(exact, counters._BLOCKS), (blind, 100)]) == [True, False]


def test_without_ctypes_there_is_no_native_counter(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("cabi", "allocators", "thread_caches"):
        monkeypatch.setitem(sys.modules, f"leakgate.probe.{name}", None)
        monkeypatch.delattr(sys.modules["leakgate.probe"], name, raising=False)
    found = counters.Counters(threading.get_ident())
    assert (found.native(), found.in_use(), found.native_is_fast) == (-1, -1, False)
    assert found.blocks() > 0
    counter = found.blocks
    assert counters._without_caches(counter, 0) is counter


def test_a_counter_that_is_not_of_glibc_stays_as_it_is() -> None:
    def counter() -> int:
        return 5

    assert counters._without_caches(counter, threading.get_ident()) is counter


def test_a_thread_that_does_not_answer_is_not_awaited_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "_LOOK_S", 0.0)
    lock = threading.Lock()
    lock.acquire()
    counters._await(lock)
    assert lock.locked()


def test_an_allocator_that_the_program_does_not_use_has_no_counter() -> None:
    def absent() -> Any:
        return cabi.c_function("no_such_function_anywhere", cabi.INT)

    assert allocators._attempt(absent) is None


class Fakes:
    """C functions of allocators that are not installed here, with the arguments that they get."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []

    def find(self, name: str, *_: object) -> Any:
        return getattr(self, name)

    def mallctl(self, name: bytes, value: int, size: int, new: object, length: int) -> int:
        self.asked.append(name)
        if name == b"epoch":
            return 0
        if name.startswith(b"stats.arenas"):
            return 2  # an old jemalloc does not know it
        write(value, 1_000)
        return 0

    def MallocExtension_GetNumericProperty(self, name: bytes, value: int) -> int:  # noqa: N802 - its name
        self.asked.append(name)
        write(value, 2_000)
        return 1

    def malloc_zone_statistics(self, zone: None, where: int) -> None:
        write(where + 8, 3_000)


def write(address: int, number: int) -> None:
    import ctypes

    ctypes.c_uint64.from_address(address).value = number


def test_what_other_allocators_say_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    fakes = Fakes()
    monkeypatch.setattr(cabi, "c_function", fakes.find)
    assert allocators._jemalloc()() == 1_000
    assert allocators._tcmalloc()() == 2_000
    assert allocators._macos()() == 3_000
    assert fakes.asked == [
        b"epoch",
        b"stats.allocated",
        b"stats.arenas.4096.tcache_bytes",
        b"generic.current_allocated_bytes",
    ]


def test_the_older_function_of_glibc_counts_as_well() -> None:
    found = allocators._attempt(allocators._mallinfo)
    if found is not None:  # musl has none
        assert found() > 0
        assert allocators.is_of_glibc(found)
        allocators._of_glibc.remove(found)


@pytest.mark.skipif(sys.platform != "linux", reason="thread caches are glibc's")
def test_memory_that_is_not_mapped_is_not_read() -> None:
    memory = thread_caches._Memory()
    assert memory.read(1, 8) is None
    found = thread_caches.ThreadCaches(threading.get_ident())
    assert found.held_bytes() >= 0
    assert found._read(threading.get_ident(), 0) is None


def test_a_reading_before_the_counters_are_tried_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gauges, "_counters", None)
    with pytest.raises(AssertionError, match="nothing was tried"):
        gauges.counters()


def test_the_number_of_collections_is_unknown_where_the_collector_does_not_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gc, "get_stats", list)
    assert gauges.count_full_collections() == -1


class Task:
    """A task that is written in Python, as of another event loop."""


def test_tasks_that_are_not_done_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.version_info >= (3, 14):
        pytest.skip("tasks are counted up to 3.13")
    import asyncio
    import weakref

    loop = asyncio.new_event_loop()
    try:
        done, waits = loop.create_future(), loop.create_future()
        done.set_result(1)
        alive = {weakref.ref(done), weakref.ref(waits)}
        assert gauges._count_undone(alive) == 1  # type: ignore[arg-type]
        own = Task()
        assert gauges._count_undone({weakref.ref(own)}) == 1
        monkeypatch.setattr(gauges, "_MOST_TASKS", 1)
        assert gauges._count_undone(alive) == 2  # type: ignore[arg-type]
        del waits
    finally:
        loop.close()
    module = types.ModuleType("asyncio.tasks")
    monkeypatch.setitem(sys.modules, "asyncio.tasks", module)
    assert gauges.count_tasks() == -1
    monkeypatch.delitem(sys.modules, "asyncio.tasks")
    assert gauges.count_tasks() == -1


def test_only_what_the_probe_loads_is_taken_out_of_the_readings() -> None:
    assert [gauges._own(grew, 100) for grew in (50, 101, -1)] == [50, 0, 0]
    assert [gauges._less(count, 10) for count in (50, -1)] == [40, -1]
    reader = gauges.Reader(threading.get_ident())
    kept: list[bytearray] = []
    reader.load(lambda: kept.extend(bytearray(10) for _ in range(500)))
    assert 400 < reader._own_blocks < 10_000


@pytest.mark.skipif(not hasattr(os, "sched_yield"), reason="Linux")
def test_a_page_of_a_debugger_is_given_back() -> None:
    mapped = cabi.c_function("mmap", cabi.SIZE, cabi.POINTER, cabi.SIZE, cabi.INT, cabi.INT, cabi.INT, cabi.SIZE)
    address = mapped(None, 4_096, 3, 0x22, -1, 0)
    memory = thread_caches._Memory()
    assert memory.read(address, 8) is not None
    cabi.give_back_page(address)
    assert memory.read(address, 8) is None
    kept = len(cabi._kept)
    cabi.keep_callbacks()
    assert len(cabi._kept) == kept
