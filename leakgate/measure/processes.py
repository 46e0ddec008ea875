"""Process trees, and how each operating system ends them. No other module depends on the platform."""

import contextlib
import ctypes
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Final

import psutil

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_CHILD_SUBREAPER: Final = 36
"""From ``linux/prctl.h``."""
_CREATE_NEW_PROCESS_GROUP: Final = 0x0000_0200
_CREATE_NO_WINDOW: Final = 0x0800_0000
"""From ``winbase.h``; the names exist in ``subprocess`` on Windows only."""
_CTRL_BREAK_EVENT: Final = 1
_FIRST_AFTER_NAME: Final = 3
_ADDRESSES: Final = (26, 28)
"""The positions of the fields ``startcode`` and ``startstack`` in ``/proc/PID/stat``, and of the first field after the
name of the program (proc_pid_stat(5))."""
_MANY: Final = 512
_ROUND_S: Final = 0.02

LOOK_EVERY_S: Final = None if sys.platform == "linux" else 1.0
"""Seconds between two searches for new descendants on systems where orphans are not adopted and would not be found;
None on Linux, where it is not needed."""

Identity = tuple[int, float]
"""PID and time of creation. The PID alone is not enough, because the system may have given it to another process."""


def creation_flags(platform: str = sys.platform) -> int:
    """Return flags that keep the terminal's Ctrl-C from a new process; 0 on POSIX, where a new session does that."""
    return _CREATE_NEW_PROCESS_GROUP | _CREATE_NO_WINDOW if platform == "win32" else 0


def adopt_orphans(platform: str = sys.platform) -> None:
    """Become the parent of every descendant whose own parent ends, so that each can be found (Linux only)."""
    if platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def hide_memory(platform: str = sys.platform) -> None:
    """Hide this process's memory, environment and open files from processes of the same user (Linux only).

    ``prctl(2)``: after ``PR_SET_DUMPABLE`` 0 the files under ``/proc/PID`` belong to root, only root may trace the
    process, and it writes no core dump. A program that this process starts is not hidden.
    """
    if platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def before_program(*, ignores_children: bool = False, platform: str = sys.platform) -> Callable[[], None] | None:
    """Return a function for a child to call before its program, so that the kernel kills it with its parent (Linux).

    ``ignores_children``: the program inherits that SIGCHLD is ignored, as it does without leakgate.
    """
    if platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork: after it, only the call itself is safe

    def die_with_parent() -> None:
        if ignores_children:
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)

    return die_with_parent


def ask_to_end(process: psutil.Process, *, leads_group: bool, platform: str = sys.platform) -> None:
    """Ask a process to end: with SIGTERM; on Windows with Ctrl-Break, which reaches the whole group of its leader."""
    with contextlib.suppress(psutil.Error, OSError):
        if platform != "win32":
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGCONT)  # a stopped process reacts to no other signal but SIGKILL
        elif leads_group:
            os.kill(process.pid, _CTRL_BREAK_EVENT)


def kill(process: psutil.Process) -> None:
    """Kill a process."""
    with contextlib.suppress(psutil.Error, OSError):
        process.kill()


def is_living(process: psutil.Process) -> bool:
    """Whether this process runs: it has not ended, is not a zombie, and is not another process with the same PID."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def lives(pid: int) -> bool:
    """Whether there is a process with this PID that is not a zombie."""
    try:
        return is_living(psutil.Process(pid))
    except psutil.Error:
        return False


def identity_of(process: psutil.Process) -> Identity:
    """Return PID and time of creation."""
    return process.pid, process.create_time()


def program_marks(pid: int) -> tuple[int, ...]:
    """Return addresses that change when a process calls ``exec``: those of its code and of its stack.

    Empty if they are not known: on other systems than Linux, and for processes that this user may not debug.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        marks = tuple(int(fields[number - _FIRST_AFTER_NAME]) for number in _ADDRESSES)
    except (OSError, ValueError, IndexError):
        return ()
    return marks if all(mark > 1 for mark in marks) else ()  # without the permission, the kernel shows 0 or 1


class ProgramMarks:
    """Remembers in which program processes were, to notice that one has called ``exec`` since."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, ...]] = {}

    def note(self, pid: int) -> None:
        """Remember the program in which a process is now."""
        self._known[pid] = program_marks(pid)

    def note_once(self, pid: int) -> None:
        """Remember the program in which a process is now, if it is not known from before."""
        if pid not in self._known:
            self.note(pid)

    def forget(self, pid: int) -> None:
        """Forget a process that has ended."""
        self._known.pop(pid, None)

    def are_replaced(self, pid: int) -> bool:
        """Whether a process has called ``exec`` since its program was noted; False if that is not known."""
        known = self._known.get(pid, ())
        return bool(known) and program_marks(pid) not in ((), known)


def are_visible() -> bool:
    """Whether this process can see itself and others. On Linux it cannot if ``/proc`` is missing or hidden."""
    try:
        psutil.Process(os.getpid()).create_time()
    except (psutil.Error, OSError):
        return False
    return True


class Family:
    """All descendants of one process that were ever seen. Safe to use from several threads."""

    def __init__(self, ancestor_pid: int) -> None:
        self._ancestor_pid = ancestor_pid
        self._seen: dict[Identity, psutil.Process] = {}
        self._lock = threading.RLock()

    def look(self) -> None:
        """Add the descendants of this moment."""
        with contextlib.suppress(psutil.Error):
            self.add(psutil.Process(self._ancestor_pid).children(recursive=True))

    def add(self, processes: Iterable[psutil.Process]) -> None:
        """Add processes that were found in another way."""
        with self._lock:
            for process in processes:
                with contextlib.suppress(psutil.Error):
                    self._seen[identity_of(process)] = process
            if len(self._seen) > _MANY:
                self._forget_ended()

    def living(self) -> list[psutil.Process]:
        """Return the descendants that run now. Ended ones are removed."""
        self.look()
        with self._lock:
            self._forget_ended()
            return list(self._seen.values())

    def end(self, timeout_s: float = 10.0, *, spare: Collection[Identity] = ()) -> None:
        """Kill until only ``spare`` is left, for ``timeout_s`` at most: some cannot be killed (stuck in the kernel)."""
        deadline = time.monotonic() + timeout_s
        while (living := self._living_but(spare)) and time.monotonic() < deadline:
            for process in living:
                kill(process)
            time.sleep(_ROUND_S)

    def _living_but(self, spare: Collection[Identity]) -> list[psutil.Process]:
        living = self.living()
        with self._lock:
            known = {id(process): identity for identity, process in self._seen.items()}
        return [process for process in living if known.get(id(process)) not in spare]

    def _forget_ended(self) -> None:
        self._seen = {key: process for key, process in self._seen.items() if is_living(process)}


def shared_without_file_bytes(pid: int) -> int:
    """Return the resident memory of a Linux process that is shared but has no file on disk: shared mappings, tmpfs.

    psutil's ``shared`` is the sum of this and of mapped files (proc_pid_statm(5)). Only ``RssShmem`` of
    proc_pid_status(5) separates them. In bytes; 0 if it cannot be read.
    """
    try:
        with open(f"/proc/{pid}/status", "rb") as status:  # noqa: PTH123 - ten times a second, for each process
            found = re.search(rb"^RssShmem:\s*(\d+) kB$", status.read(), re.MULTILINE)
    except OSError:
        return 0
    return 1024 * int(found[1]) if found else 0


def descendants(pid: int) -> list[int]:
    """Return the PIDs of all descendants, including zombies. Each process comes before its own children.

    Linux lists a thread's children in ``/proc``, which takes a few microseconds for each process. On other systems, and
    on kernels without that list, psutil reads the whole process table.
    """
    if sys.platform == "linux" and _LISTS_CHILDREN:
        found: list[int] = []
        pending = [pid]
        while pending:
            children = _children(pending.pop())
            found += children
            pending += children
        return found
    try:
        return [process.pid for process in psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - some times a second, for each process
    except OSError:
        return found  # the process ended during the search
    for thread in threads:
        with contextlib.suppress(OSError, ValueError):  # this thread ended; the others may have children
            found += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text(encoding="ascii").split())
    return found


_LISTS_CHILDREN: Final = Path(f"/proc/self/task/{os.getpid()}/children").exists()
