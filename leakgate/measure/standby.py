"""A second process beside the supervisor, which ends the program if leakgate and its supervisor are both killed.

Linux only. The supervisor forks before it starts anything: the child is the new supervisor, and the parent waits. If
the supervisor dies, the parent adopts the program's processes and ends them. Then it waits for leakgate, which says
that it removes the files itself, or has ended. If the parent dies, the supervisor continues.
"""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Final, NoReturn

from leakgate.measure import processes

REMOVES_FILES: Final = b"removes-files"
"""The line that leakgate writes into the supervisor's stdin when no process is left. It means that leakgate still runs
and removes the files."""
_FORWARDED: Final = ("SIGINT", "SIGTERM", "SIGHUP")
_BROKEN: Final = 1


def stay_behind(remove: Callable[[], None], platform: str = sys.platform) -> None:
    """Fork, and return in the child, which does the rest of the work. The parent waits for the child and then exits.

    ``remove`` deletes the files that leakgate would have deleted. Call this function before threads and programs are
    started.
    """
    if platform != "linux":
        return
    processes.adopt_orphans()
    supervisor = os.fork()
    if supervisor:
        _wait_for(supervisor, remove)


def _wait_for(supervisor: int, remove: Callable[[], None]) -> NoReturn:
    """Wait for the supervisor, end the processes that it left if it failed, and exit with its status."""
    status = _BROKEN
    try:
        processes.hide_memory()
        control = os.dup(sys.stdin.fileno())
        _close_pipes()
        for name in _FORWARDED:
            signal.signal(getattr(signal, name), lambda number, frame: _forward(number, frame, supervisor))
        _, waited = os.waitpid(supervisor, 0)
        status = os.waitstatus_to_exitcode(waited)
        if status != 0:
            processes.Family(os.getpid()).end()
            if not _leakgate_removes_files(control):
                remove()
    finally:
        os._exit(status if status >= 0 else 128 - status)


def _leakgate_removes_files(control: int) -> bool:
    """Read the pipe until leakgate says that it removes the files (True), or until leakgate has ended (False).

    Its PID does not show this: a process that was killed a moment ago is still the parent of its children.
    """
    last = b""
    while chunk := os.read(control, 65_536):
        last = (last + chunk)[-len(REMOVES_FILES) - 1 :]
        if last == REMOVES_FILES + b"\n":
            return True
    return False


def _forward(number: int, _frame: FrameType | None, supervisor: int) -> None:
    os.kill(supervisor, number)


def _close_pipes() -> None:
    """Close stdin and stdout: leakgate notices the end of its supervisor by the end of these pipes."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nothing, descriptor)
    os.close(nothing)
