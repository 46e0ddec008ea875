"""A second process beside the supervisor, which ends the program if leakgate and its supervisor are both killed.

Linux only. The supervisor forks before it starts anything: the child is the new supervisor, and the parent waits. If
the supervisor dies, the parent adopts the program's processes and ends them. If the parent dies, the supervisor
continues.
"""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Final, NoReturn

from leakgate.measure import processes

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
    leakgate_pid = os.getppid()
    supervisor = os.fork()
    if supervisor:
        _wait_for(supervisor, leakgate_pid, remove)


def _wait_for(supervisor: int, leakgate_pid: int, remove: Callable[[], None]) -> NoReturn:
    """Wait for the supervisor, end the processes that it left if it failed, and exit with its status."""
    status = _BROKEN
    try:
        processes.hide_memory()
        _let_go_of_pipes()
        for name in _FORWARDED:
            signal.signal(getattr(signal, name), lambda number, frame: _forward(number, frame, supervisor))
        _, waited = os.waitpid(supervisor, 0)
        status = os.waitstatus_to_exitcode(waited)
        if status != 0:
            processes.Family(os.getpid()).end()
            if os.getppid() != leakgate_pid:
                remove()
    finally:
        os._exit(status if status >= 0 else 128 - status)


def _forward(number: int, _frame: FrameType | None, supervisor: int) -> None:
    os.kill(supervisor, number)


def _let_go_of_pipes() -> None:
    """Close stdin and stdout: leakgate notices the end of its supervisor by the end of these pipes."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nothing, descriptor)
    os.close(nothing)
