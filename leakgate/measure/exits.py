"""How child processes ended, although leakgate is not their parent. Linux only; nothing is known on other systems.

A descriptor of a process (pidfd_open(2)) becomes readable when the process ends. The exit status is in ``/proc`` until
the parent has waited for the process. Since Linux 6.15 the descriptor gives it afterwards, too (``PIDFD_GET_INFO``).
"""

import os
import select
import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

_INFO: Final = struct.Struct("<QQ11Ii")
"""``struct pidfd_info`` of ``linux/pidfd.h``; the last field is the status as of waitpid(2)."""
_GET_INFO: Final = 0xC0000000 | _INFO.size << 16 | 0xFF << 8 | 11
_INFO_EXIT: Final = 8
_STATUS_FIELD: Final = 49
"""Index of ``exit_code`` in proc_pid_stat(5), counted from the state."""
_LOOK_S: Final = 0.5
_OUTPUT_S: Final = 0.05
"""Seconds until the last output of an ended process is in the log."""
MOST: Final = 256
"""Processes that are followed at the same time. Each needs a descriptor."""


@dataclass(frozen=True, slots=True)
class ChildExit:
    """A process that ended."""

    pid: int
    status: int
    """Exit status as in `subprocess`: a negative number is the number of a signal."""
    last_words: str
    """The last text that the script had written to stderr by then: hostile text. Empty for status 0 and signals."""


class ExitWatch:
    """A thread that waits for the end of processes."""

    def __init__(self, read_last_words: Callable[[], str] = str) -> None:
        """``read_last_words`` is called in the thread, right after a process has ended with a status above 0."""
        self._read_last_words = read_last_words
        self._ended: SimpleQueue[ChildExit] = SimpleQueue()
        self._followed: dict[int, int] = {}
        """PID by descriptor."""
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._epoll = select.epoll() if sys.platform == "linux" and hasattr(os, "pidfd_open") else None
        self._thread: threading.Thread | None = None

    def follow(self, pid: int) -> None:
        """Wait for the end of a further process. Does nothing if that is not possible."""
        if self._epoll is None:
            return
        with self._lock:
            if pid in self._followed.values() or len(self._followed) >= MOST:
                return
            try:
                descriptor = os.pidfd_open(pid)
            except OSError:
                return  # it has ended already, or the kernel is older than 5.3
            self._followed[descriptor] = pid
        self._epoll.register(descriptor, select.EPOLLIN)
        if self._thread is None:
            self._thread = threading.Thread(target=self._wait, args=(self._epoll,), daemon=True)
            self._thread.start()

    def ended(self) -> list[ChildExit]:
        """Return the processes that ended since the last call and whose status is known."""
        found = []
        while True:
            try:
                found.append(self._ended.get_nowait())
            except Empty:
                return found

    def close(self) -> None:
        """Stop waiting."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        for descriptor in self._followed:
            os.close(descriptor)
        self._followed.clear()
        if self._epoll is not None:
            self._epoll.close()

    def _wait(self, epoll: "select.epoll") -> None:
        while not self._stop.is_set():
            for descriptor, _ in epoll.poll(_LOOK_S):
                epoll.unregister(descriptor)
                with self._lock:
                    pid = self._followed.pop(descriptor)
                status = _status_of(pid, descriptor)
                os.close(descriptor)
                if status is not None:
                    self._ended.put(ChildExit(pid, status, self._last_words() if status > 0 else ""))

    def _last_words(self) -> str:
        self._stop.wait(_OUTPUT_S)
        return self._read_last_words()


def _status_of(pid: int, descriptor: int) -> int | None:
    raw = _status_of_zombie(pid)
    if raw is None:
        raw = _status_of_reaped(descriptor)
    return None if raw is None else os.waitstatus_to_exitcode(raw)


def _status_of_zombie(pid: int) -> int | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[_STATUS_FIELD]) if len(fields) > _STATUS_FIELD and fields[0] == "Z" else None


def _status_of_reaped(descriptor: int) -> int | None:
    import fcntl  # noqa: PLC0415 - not on Windows

    record = bytearray(_INFO.pack(_INFO_EXIT, *([0] * 13)))
    try:
        fcntl.ioctl(descriptor, _GET_INFO, record)
    except OSError:
        return None  # an older kernel
    mask, *_, status = _INFO.unpack(record)
    return int(status) if mask & _INFO_EXIT else None
