"""A second process that removes the temporary folder of a run if leakgate is killed.

It gets the folder as its argument and waits for the end of its stdin. Only leakgate holds the other end, so stdin ends
also after ``kill -9``. leakgate starts this file by its path with ``-I -S``: it uses the standard library only, starts
in a few milliseconds and sleeps until leakgate ends.

Inside the user's own pytest, the second argument is `GUEST`. Then this process detaches itself: the tests must not find
a child process that they did not start. And the end of stdin is not enough there: a child of the tests can hold the
other end open, and a test can close all descriptors.
"""

import os
import select
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Final

RUN_PREFIX: Final = "leakgate-run-"
"""Beginning of the name of the temporary folder of a run."""
PATIENCE_S: Final = 30.0
"""Seconds in which the folder must be gone. Supervisors that survive leakgate end the program in 10.5 s at most."""
GUEST: Final = "guest"
_LOOK_S: Final = 0.05
_GUEST_LOOK_S: Final = 1.0
"""Seconds between two looks whether the user's process is alive."""


def remove_folder(folder: str, patience_s: float = PATIENCE_S) -> bool:
    """Remove a folder, again and again while other processes still write into it. Returns whether it is gone."""
    until_s = time.monotonic() + patience_s
    while True:
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            return True
        if time.monotonic() > until_s:
            return False
        time.sleep(_LOOK_S)


def wait_for_host(pid: int, folder: str) -> None:
    """Wait until the process ``pid`` has ended, or has closed stdin and removed the folder itself."""
    is_open = True
    while is_running(pid):
        if is_open:
            ready, _, _ = select.select([0], [], [], _GUEST_LOOK_S)
            is_open = not ready or bool(os.read(0, 4_096))
        elif not os.path.lexists(folder):
            return
        else:
            time.sleep(_GUEST_LOOK_S)


def is_running(pid: int) -> bool:
    """Whether a process lives. One that has ended, but that its parent has not waited for, does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2][:1] not in (b"Z", b"X")
    except ProcessLookupError:
        return False
    except OSError:  # no /proc here, or the process is another user's by now
        return os.path.lexists(f"/proc/{pid}") or not os.path.lexists("/proc/self")


def main() -> None:
    """Wait for the end of leakgate, and remove the folder that the argument names."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)  # leakgate gets them too, and ends itself
    folder, *how = sys.argv[1:]
    if GUEST in how:
        host = os.getppid()
        if os.fork():
            os._exit(0)
        wait_for_host(host, folder)
    else:
        while os.read(0, 4_096):
            pass
    remove_folder(folder)


if __name__ == "__main__":
    main()
