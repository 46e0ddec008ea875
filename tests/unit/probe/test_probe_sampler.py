"""The thread that takes readings: errors, full disks, stops, and the life of a child."""

from __future__ import annotations

import _thread
import struct
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from leakgate.probe import explain, fork, pools, sampler, wire, worker_end
from leakgate.probe.sampler import Sampler
from leakgate.probe.system import system

PATIENCE_S = 120.0


def wait_for(condition: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.002)


def readings(folder: Path) -> list[tuple[Any, ...]]:
    (path,) = folder.glob("gauges-*.bin")
    return list(struct.iter_unpack("<dqqqqqIIdd", path.read_bytes()[wire.HEADER.size :]))


def flags(folder: Path) -> list[int]:
    return [reading[6] for reading in readings(folder)]


def errors(folder: Path) -> str:
    return "".join(path.read_text() for path in folder.glob("error-*.txt"))


def give(folder: Path, seq: int, opcode: int, pid: int = 0) -> None:
    (folder / "commands.bin").write_bytes(wire.COMMAND.pack(seq, opcode, 0, pid, 0.0, 0))


def command(opcode: int, *, bits: int = explain.RESOURCES, seconds: float = 1.0) -> wire.Command:
    return wire.Command(wire.COMMAND.pack(1, opcode, bits, 0, seconds, 0))


def is_explaining(sampling: Sampler) -> bool:
    return sampling.answer is not None


@pytest.fixture
def sampling(tmp_path: Path) -> Iterator[Sampler]:
    """A sampler whose file is open and whose thread does not run."""
    made = Sampler(str(tmp_path), 0.002)
    made.open()
    yield made
    made.stop()
    for held in (made._file, made._commands):
        if held is not None:
            held.forget()


def test_readings_are_taken_until_the_end(sampling: Sampler, tmp_path: Path) -> None:
    sampling.start()
    wait_for(lambda: len(readings(tmp_path)) > 5)
    sampling.finish()
    assert flags(tmp_path)[-1] & wire.LAST
    count = len(readings(tmp_path))
    sampling.stop()  # it has ended: this returns at once
    assert (len(readings(tmp_path)), errors(tmp_path)) == (count, "")


def test_the_last_reading_says_that_an_exception_was_not_caught(
    sampling: Sampler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "last_type", ValueError, raising=False)
    sampling.finish()
    assert flags(tmp_path)[-1] == wire.LAST | wire.RAISED


def test_commands_from_before_the_start_are_ignored(tmp_path: Path) -> None:
    give(tmp_path, 7, wire.COLLECT)
    made = Sampler(str(tmp_path), 0.002)
    made.open()
    made._look_for_command()
    assert (made._seq, made._job) == (7, None)
    assert made._file is not None
    made._file.forget()


def test_a_command_for_another_process_is_only_noted(sampling: Sampler, tmp_path: Path) -> None:
    give(tmp_path, 1, wire.COLLECT, pid=1)
    sampling._look_for_command()
    assert (sampling._seq, sampling._job) == (1, None)
    give(tmp_path, 2, 99)  # of a newer leakgate
    sampling._look_for_command()
    assert (sampling._seq, sampling._job) == (2, None)


def test_a_collection_on_command_marks_its_reading(sampling: Sampler, tmp_path: Path) -> None:
    give(tmp_path, 3, wire.COLLECT)
    sampling.start()
    wait_for(lambda: any(flag & wire.SETTLED for flag in flags(tmp_path)))
    sampling.stop()
    assert readings(tmp_path)[-1][7] == 3
    sampling._settle = None
    assert list(sampling._take_settled_reading()) == []


def test_a_full_disk_is_tried_again_without_end(
    sampling: Sampler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def full(*_: object, **__: object) -> float:
        tries.append(1)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sampling, "take_reading", full)
    for _ in range(2 * sampler._FAILURES):
        sampling._next_reading = 0.0
        began = time.monotonic()
        sampling._step()
        assert sampling._next_reading >= began + sampler._RETRY_S
    assert len(tries) == 2 * sampler._FAILURES
    assert "No space left" in errors(tmp_path)


def test_the_thread_ends_after_a_few_errors_and_says_why(
    sampling: Sampler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[int] = []

    def broken(*_: object, **__: object) -> float:
        sampling._next_reading = 0.0
        raise RuntimeError("broken")

    job: Any = sampling._explain(command(wire.EXPLAIN))
    sampling._job = job
    next(job)
    assert is_explaining(sampling)
    monkeypatch.setattr(sampling, "take_reading", broken)
    monkeypatch.setattr(sampling, "_thread_ended", lambda: ended.append(1))
    sampling._next_reading = 0.0
    sampling.start()
    wait_for(lambda: ended)
    assert not is_explaining(sampling)
    assert errors(tmp_path).count("sampling: RuntimeError: broken") == sampler._FAILURES + 1


def test_a_job_that_fails_ends_and_readings_go_on(sampling: Sampler, tmp_path: Path) -> None:
    def fails() -> Iterator[float]:
        yield 0.0
        raise ValueError("bad job")

    sampling._job = fails()  # type: ignore[assignment]
    sampling._step()
    assert sampling._rest_s() == 0.0
    sampling._step()
    assert sampling._job is None
    assert "bad job" in errors(tmp_path)
    sampling._job = iter(())  # type: ignore[assignment]
    sampling._next_step = 0.0
    sampling._step()
    assert sampling._job is None


def test_a_thread_that_cannot_start_leaves_nothing_waiting(sampling: Sampler, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> int:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_thread, "start_new_thread", refuses)
    with pytest.raises(RuntimeError, match="can't start"):
        sampling.start()
    assert not sampling._stopped.locked()


def test_a_method_that_fails_does_not_reach_the_program(sampling: Sampler, tmp_path: Path) -> None:
    sampling.guarded("no_such_method")
    assert "no_such_method: AttributeError" in errors(tmp_path)


def test_the_end_of_a_thread_that_hangs_is_not_awaited_for_ever(
    sampling: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampler, "_STOP_LOOK_S", 0.0)
    sampling._stopped.acquire()
    sampling.stop()
    monkeypatch.setattr(sampler, "_GONE_LOOK_S", 0.0)
    monkeypatch.setattr(sampler, "_MORE_LOOK_S", 0.0)
    sampling._native_id = threading.get_native_id()  # it is alive
    sampling.vanish()
    sampling._stopped.release()
    sampling._native_id = 2**30  # and this one is gone
    sampling.vanish()


def test_a_child_that_ends_at_once_writes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "_LAZY_S", PATIENCE_S)
    made = Sampler(str(tmp_path), 0.002)
    assert made.take_reading() == 0.0
    made.start()
    made.finish()
    assert list(tmp_path.iterdir()) == []


def test_a_child_opens_its_file_later_and_reads_often_at_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "_LAZY_S", 0.0)
    monkeypatch.setattr(sampler, "_YOUNG_UNTIL_S", float("inf"))
    monkeypatch.setattr(pools, "is_pool_worker", lambda: True)
    made = Sampler(str(tmp_path), 1_000.0)
    made.start()
    wait_for(lambda: list(tmp_path.glob("gauges-*")) and len(readings(tmp_path)) > 2)
    assert made.is_child
    assert made._pause_s() < 1_000.0
    made.finish()
    assert all(flag & wire.POOLED for flag in flags(tmp_path))
    assert made._file is not None
    made._file.forget()


def test_a_child_that_has_done_its_work_lets_an_answer_be_finished(
    sampling: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = types.SimpleNamespace(hurried=False)
    sampling.answer = answer  # type: ignore[assignment]
    looks: list[bool] = []

    def look(_: float) -> None:
        looks.append(answer.hurried)
        if len(looks) == 3:
            sampling.answer = None

    monkeypatch.setattr(system, "sleep", staticmethod(look))
    sampling.finish_answer()
    assert looks == [True] * 3
    monkeypatch.setattr(sampler, "_ANSWER_LOOKS", 2)
    sampling.answer = answer  # type: ignore[assignment]
    sampling.finish_answer()  # it is not finished in time
    assert len(looks) == 5
    sampling.answer = None


def test_after_a_fork_the_child_begins_its_own_file(sampling: Sampler, tmp_path: Path) -> None:
    job: Any = sampling._explain(command(wire.EXPLAIN))
    sampling._job = job
    next(job)
    assert is_explaining(sampling)
    sampling.become_child()
    assert (sampling._file, sampling._commands, sampling._job) == (None, None, None)
    assert not is_explaining(sampling)
    wait_for(lambda: len(list(tmp_path.glob("gauges-*.bin"))) == 2)
    sampling.stop()


def test_a_job_that_is_running_is_not_closed(sampling: Sampler) -> None:
    """At a fork the thread may be inside the job: closing it raises ValueError."""
    seen: list[object] = []

    def works() -> Iterator[float]:
        sampling._end_job()
        seen.append(sampling._job)
        yield 0.0

    job: Any = works()
    sampling._job = job
    next(job)
    assert seen == [None]


class Watched:
    """What `fork` needs of a sampler."""

    channel = "/nowhere"

    def __init__(self) -> None:
        self.calls: list[str] = []

    def guarded(self, name: str) -> None:
        self.calls.append(name)


def test_the_thread_starts_again_at_once_where_the_parent_is_not_the_main_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched = Watched()
    forks = fork.Forks(watched.channel, watched.guarded)
    monkeypatch.setattr(forks, "_main_thread", 0)
    forks.before()
    forks.in_parent()
    forks.in_child()
    assert watched.calls == ["vanish", "start", "become_child"]


def test_without_ctypes_the_thread_starts_again_inside_the_fork(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched()
    watched.channel = str(tmp_path)
    forks = fork.Forks(watched.channel, watched.guarded)
    forks._prepared = False
    monkeypatch.setitem(sys.modules, "leakgate.probe.cabi", None)
    monkeypatch.delattr(sys.modules["leakgate.probe"], "cabi", raising=False)
    forks.before()
    forks.in_parent()
    assert watched.calls == ["vanish", "start"]
    assert "preparing for fork: " in errors(tmp_path)


def test_the_thread_starts_when_fork_has_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched()
    forks = fork.Forks(watched.channel, watched.guarded)
    scheduled: list[int] = []
    forks._prepared = True
    forks._schedule = lambda: not scheduled.append(1)  # type: ignore[func-returns-value]

    def returns_from_fork() -> None:
        forks.before()
        forks.in_parent()
        assert watched.calls == ["vanish"]
        forks._caller_at = sys._getframe().f_lasti  # as if the pending call came before `fork` has returned
        inside(forks)

    def inside(forks: fork.Forks) -> None:
        frame = sys._getframe(1)
        monkeypatch.setattr(forks, "_caller_at", frame.f_lasti)
        assert forks._inside_fork(sys._getframe())
        assert not forks._inside_fork(frame)
        monkeypatch.setattr(forks, "_caller_at", -5)
        assert not forks._inside_fork(sys._getframe())

    returns_from_fork()
    assert forks._resume() == 0
    assert watched.calls == ["vanish", "start"]
    assert not forks._inside_fork(sys._getframe())


def test_the_start_is_put_off_while_another_hook_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched()
    forks = fork.Forks(watched.channel, watched.guarded)
    forks._schedule = lambda: True
    monkeypatch.setattr(forks, "_inside_fork", lambda _: True)
    assert forks._resume() == 0
    assert watched.calls == []
    forks._schedule = lambda: False  # the queue is full
    forks._resume()
    assert watched.calls == ["start"]


def test_without_fork_there_is_nothing_to_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "at_fork", None)
    fork.follow("/nowhere", Watched().guarded)


def test_a_worker_of_multiprocessing_finishes_its_answer_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    import multiprocessing.util

    registry: dict[Any, Any] = multiprocessing.util._finalizer_registry  # type: ignore[attr-defined]
    calls: list[str] = []

    def waiting() -> list[Any]:
        return [one for (priority, _), one in registry.items() if priority == worker_end._AFTER_ALL_OTHERS]

    worker_end.call_before(lambda: calls.append("finish"))
    for one in waiting():
        one()
    assert calls == ["finish"]
    cancel = worker_end.call_before(lambda: calls.append("again"))
    assert len(waiting()) == 1
    cancel()
    assert waiting() == []
    monkeypatch.delitem(sys.modules, "multiprocessing.util")
    worker_end.call_before(lambda: calls.append("never"))()
    assert calls == ["finish"]
