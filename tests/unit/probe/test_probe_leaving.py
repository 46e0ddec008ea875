"""The arrival and the departure of a guest: forks, children, closed descriptors, and what can go wrong on the way."""

from __future__ import annotations

import _thread
import os
import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from leakgate.probe import arrive, cabi, departure, guest, interpreters, main_thread
from leakgate.probe.system import system
from tests.unit.probe import test_probe_guest
from tests.unit.probe.test_probe_guest import PROGRAM, Visit, wait_for
from tests.unit.probe.test_probe_guest import visit as visit  # noqa: PLC0414 - a fixture

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
FORKS = PROGRAM.replace(
    "def works():\n",
    """def wait_until(condition):
    until = time.monotonic() + 100
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)


def works():
    import subprocess, warnings
    warnings.simplefilter("ignore")  # Python 3.12 and newer warn of a fork beside threads
    gauges = channel + "/gauges-%d.bin"
    wait_until(lambda: os.path.exists(gauges % os.getpid()) and os.path.getsize(gauges % os.getpid()) > 800)
    pid = os.fork()
    if not pid:
        wait_until(lambda: follows == "no" or os.path.exists(gauges % os.getpid()))
        os._exit(0)
    os.waitpid(pid, 0)
    if follows == "yes":
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        wait_until(lambda: os.path.exists(gauges % child.pid))
        child.communicate(b"\\n")
""",
)


@pytest.mark.parametrize(("follows", "files"), [(True, 3), (False, 1)])
def test_children_of_a_visited_program_are_measured_where_they_are_followed(
    follows: bool, files: int, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_probe_guest, "PROGRAM", FORKS)
    visit.begin(follows=follows)
    wait_for(lambda: visit.files("gauges-*.bin"))
    out, errors = visit.end()
    assert (out.count("\n"), errors) == (1, "")
    assert len(visit.files("gauges-*.bin")) == files
    assert visit.files("error-*.txt") == []


@pytest.fixture
def resting(tmp_path: Path) -> guest.Guest:
    """A guest that has not arrived."""
    return guest.Guest(str(tmp_path), 0.02, {}, follows_children=False)


def test_a_guest_looks_whether_leakgate_still_runs(resting: guest.Guest, tmp_path: Path) -> None:
    path = tmp_path / "alive"
    assert resting._has_ended(str(path))
    os.mkfifo(path)
    with open(os.open(path, os.O_RDWR), "wb"):
        assert not resting._has_ended(str(path))
        os.close(resting._alive)
        assert not resting._has_ended(str(path))  # the program closed it
        assert resting._alive == -1
        assert not resting._has_ended(str(path))
    assert resting._has_ended(str(path))
    os.close(resting._alive)
    resting._close_alive()  # it is closed already
    assert resting._alive == -1


def test_without_fifos_a_file_that_cannot_be_removed_means_that_leakgate_runs(
    resting: guest.Guest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where leakgate has the file open."""
    monkeypatch.setattr(system, "HAS_FIFOS", False)
    (tmp_path / guest.ALIVE).touch()

    def refuses(path: str) -> None:
        raise PermissionError(path)

    with monkeypatch.context() as patch:
        patch.setattr(system, "unlink", staticmethod(refuses))
        assert not resting._is_gone()
    assert resting._is_gone()
    assert resting._is_gone()  # it is removed now


def test_a_step_that_fails_is_reported_and_the_others_follow(tmp_path: Path) -> None:
    def fails() -> object:
        raise ValueError("broken")

    departure._attempt(fails, str(tmp_path))
    (error,) = tmp_path.glob("error-*.txt")
    assert error.read_text().startswith("leaving: ValueError: broken")
    waits: Iterator[float] = iter([0.0, 0.0])
    departure._drive(waits)  # type: ignore[arg-type]
    assert list(waits) == []


def test_exit_functions_are_left_where_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "atexit")
    departure._unregister(print)  # raises nothing


@pytest.mark.parametrize("helped", [False, True])
def test_a_call_that_waits_is_awaited_and_leakgate_is_asked_to_help(
    helped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(departure, "_PATIENCE_S", 60.0 if helped else 0.0)
    monkeypatch.setattr(main_thread, "_jobs", [bool])
    wake = tmp_path / f"wake-{os.getpid()}.txt"

    def helps() -> None:
        wait_for(wake.exists)
        wake.unlink()
        main_thread._jobs.clear()

    if helped:
        _thread.start_new_thread(helps, ())
    assert departure._await_calls(main_thread, str(tmp_path)) is helped
    assert wake.exists() is not helped
    monkeypatch.setattr(main_thread, "_jobs", [bool])
    monkeypatch.setattr(departure, "_PATIENCE_S", 0.0)
    assert not departure._await_calls(main_thread, str(tmp_path / "gone"))


def test_the_page_of_a_debugger_is_unmapped(tmp_path: Path) -> None:
    given: list[int] = []
    place = types.SimpleNamespace(give_back_page=given.append)
    page = tmp_path / f"page-{os.getpid()}.bin"
    departure._give_back_page(place, str(tmp_path))  # no debugger has mapped one
    for address in (4_096, 0):
        page.write_bytes(address.to_bytes(8, sys.byteorder))
        departure._give_back_page(place, str(tmp_path))
    assert given == [4_096]


def test_another_thread_inside_of_the_probe_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreters, "_MODULES", ())
    over: list[int] = []

    def waits() -> Iterator[float]:
        while not over:
            yield 0.001

    started = _thread.allocate_lock()
    started.acquire()

    def inside() -> None:
        departure._drive(waits())  # type: ignore[arg-type]
        started.release()

    _thread.start_new_thread(inside, ())
    try:
        wait_for(departure._is_running_elsewhere)
    finally:
        over.append(1)
    assert started.acquire(timeout=60)
    wait_for(lambda: not departure._is_running_elsewhere())


def test_modules_and_files_of_the_probe_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(departure, "__package__", "_leakgate_probe")  # its name inside programs
    name = "_leakgate_probe.visiting"
    visiting = types.ModuleType(name)
    monkeypatch.setitem(sys.modules, name, visiting)
    modules: dict[str, Any] = {name: visiting, "other": types.ModuleType("other")}
    channel = tmp_path / "channel"
    (channel / "folder").mkdir(parents=True)
    (channel / "gauges-1.bin").touch()
    departure.last_steps(modules, str(channel), 0.5, leakgate_gone=True)
    assert (name in sys.modules, modules, vars(visiting)) == (False, {}, {})
    assert [path.name for path in channel.iterdir()] == ["folder"]  # it is not the probe's
    departure.last_steps({}, str(tmp_path / "gone"), 0.5, leakgate_gone=False)  # the report cannot be written
    departure.last_steps({}, str(tmp_path), 0.25, leakgate_gone=False)
    assert (tmp_path / f"left-{os.getpid()}.txt").read_text().startswith("0.250 ")


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="Linux")
def test_two_leakgates_do_not_visit_one_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    channel, other = tmp_path / "channel", tmp_path / "leakgate-other"
    for folder in (channel, other):
        folder.mkdir()
    (channel / "alive").touch()
    with open(other / "commands.bin", "wb"):
        arrive.arrive(str(channel), 0.02, follows_children=False)
    (error,) = channel.glob("error-*.txt")
    assert "arriving: RuntimeError: another leakgate is watching this process" in error.read_text()
    arrive._report(str(tmp_path / "gone" / "%d"), ValueError("no traceback"))
    real = os.readlink

    def closed(path: str) -> str:
        if path.endswith("/0"):
            raise OSError("closed meanwhile")
        return real(path)

    monkeypatch.setattr(os, "readlink", closed)
    arrive._require_alone()
    monkeypatch.setattr(os.path, "isdir", lambda _: False)
    arrive._require_alone()  # without /proc it cannot be known


def test_a_module_that_is_not_of_the_standard_library(tmp_path: Path) -> None:
    load = arrive._PrivateImport(str(tmp_path), {})
    with pytest.raises(ImportError, match="no module no_such_module"):
        load._find("no_such_module")


def test_events_of_other_threads_in_the_words_of_python() -> None:
    """Python traces nothing inside of a profile function, so it is called here as C calls it."""
    seen: list[tuple[str, object]] = []
    cabi.profile_other_threads(lambda _, event, called: seen.append((event, called)))
    cabi.take_profile_off_threads()
    follow: Any = cabi._kept[-1]
    frame = sys._getframe()
    for what, argument in ((0, None), (4, id(len)), (99, None)):
        assert follow(None, frame, what, argument) == 0
    assert seen == [("call", None), ("c_call", len)]


def test_an_exception_in_the_profile_function_is_sent_again() -> None:
    own: list[int] = []

    def raises(*_: object) -> None:
        if _thread.get_ident() in own:  # a thread of the test runner may get it too
            raise KeyError("theirs")

    cabi.profile_other_threads(raises)
    cabi.take_profile_off_threads()
    follow: Any = cabi._kept[-1]
    caught: list[type] = []

    def calls() -> None:
        until = time.monotonic() + 60
        own.append(_thread.get_ident())
        try:
            follow(None, sys._getframe(), 0, None)
            while time.monotonic() < until:
                abs(-1)
        except KeyError:
            caught.append(KeyError)
        over.release()

    over = _thread.allocate_lock()
    over.acquire()
    _thread.start_new_thread(calls, ())
    assert over.acquire(timeout=120)
    assert caught == [KeyError]
