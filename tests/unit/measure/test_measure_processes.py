"""The differences between operating systems, tested with processes that only record the calls."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from leakgate.measure import processes
from leakgate.measure.processes import descendants


class Recorded(psutil.Process):
    """A process that gets no real signal, because Windows is not available here."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[int] = []

    def send_signal(self, sig: int) -> None:
        self.heard.append(sig)


def test_sessions_on_posix_groups_without_a_window_on_windows() -> None:
    assert processes.creation_flags("linux") == 0
    assert processes.creation_flags("win32") == 0x0800_0200


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_the_polite_signal_reaches_stopped_processes_too() -> None:
    process = Recorded()
    processes.ask_to_end(process, leads_group=False, platform="darwin")
    assert process.heard == [signal.SIGTERM, signal.SIGCONT]


def test_on_windows_the_leader_of_the_group_gets_a_break(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: sent.append((pid, number)))
    process = Recorded()
    processes.ask_to_end(process, leads_group=False, platform="win32")
    assert sent == []
    processes.ask_to_end(process, leads_group=True, platform="win32")
    assert sent == [(process.pid, 1)]
    assert process.heard == []


def test_only_linux_adopts_orphans_and_ties_children_to_their_parent() -> None:
    processes.adopt_orphans("darwin")
    assert processes.before_program(platform="darwin") is None
    assert (processes.before_program() is not None) == (sys.platform == "linux")


def sleeper() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])


def test_a_process_that_has_ended_is_not_living() -> None:
    child = sleeper()
    process = psutil.Process(child.pid)
    assert processes.is_living(process)
    child.kill()
    if sys.platform != "win32":
        while process.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.001)
        assert not processes.is_living(process)
    child.wait()
    assert not processes.is_living(process)
    processes.kill(process)
    processes.ask_to_end(process, leads_group=False)


def test_a_family_remembers_whom_it_saw_and_forgets_who_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_MANY", 1)
    first, second = sleeper(), sleeper()
    try:
        mine = psutil.Process().pid
        family = processes.Family(mine)
        assert {first.pid, second.pid} <= {process.pid for process in family.living()}
        assert {first.pid, second.pid} <= set(descendants(mine))
        first.kill()
        first.wait()
        family.add([psutil.Process(second.pid)])
        assert first.pid not in {process.pid for process in family.living()}
        stranger = processes.Family(2**30)
        assert stranger.living() == []
    finally:
        first.kill()
        second.kill()
        first.wait()
        second.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists the children of each thread")
def test_a_thread_that_ends_during_the_search_hides_no_children(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = str(2**30)
    threads = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: [ended, *threads(path)])
    child = sleeper()
    try:
        assert child.pid in descendants(psutil.Process().pid)
    finally:
        child.kill()
        child.wait()


def test_where_the_kernel_lists_no_children_psutil_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leakgate.measure.processes._LISTS_CHILDREN", False)
    child = sleeper()
    try:
        assert child.pid in descendants(psutil.Process().pid)
        assert descendants(2**30) == []
    finally:
        child.kill()
        child.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="the marks are read from /proc")
def test_a_process_has_other_marks_after_exec() -> None:
    becomes = (
        "import os, sys; print(0, flush=True); input(); "
        "os.execv(sys.executable, [sys.executable, '-c', 'print(1, flush=True); input()'])"
    )
    with subprocess.Popen([sys.executable, "-c", becomes], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"0\n"  # the kernel sets the marks a moment after Popen returns
        before = processes.program_marks(process.pid)
        noted = processes.ProgramMarks()
        noted.note(process.pid)
        assert not noted.are_replaced(process.pid)
        process.stdin.write(b"go\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"1\n"
        after = processes.program_marks(process.pid)
        noted.note_once(process.pid)
        assert noted.are_replaced(process.pid)
        noted.forget(process.pid)
        assert not noted.are_replaced(process.pid)
        process.kill()
    assert len(before) == len(after) == 2
    assert before != after


def test_without_such_a_process_there_are_no_marks() -> None:
    assert processes.program_marks(2**30) == ()
