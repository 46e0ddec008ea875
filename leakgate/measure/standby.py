"""A second process beside the supervisor, so that a program ends although leakgate and its supervisor are both killed.

Linux only. The supervisor divides itself before it starts anything: its parent waits. The kernel gives the program's
processes to that parent when the supervisor dies, and then it ends them. When the parent dies, the supervisor goes on.
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
    """Leave a process behind that waits for this one. ``remove``: deletes what leakgate would have deleted.

    Returns in a new process, which is to do all the rest. Call it before threads and programs are started.
    """
    if platform != "linux":
        return
    processes.adopt_orphans()
    leakgate_pid = os.getppid()
    supervisor = os.fork()
    if supervisor:
        _wait_for(supervisor, leakgate_pid, remove)


def _wait_for(supervisor: int, leakgate_pid: int, remove: Callable[[], None]) -> NoReturn:
    """Wait for the supervisor, do what it left undone, and end as it ended."""
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
    """Leakgate tells by the ends of these that its supervisor is gone."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nothing, descriptor)
    os.close(nothing)
