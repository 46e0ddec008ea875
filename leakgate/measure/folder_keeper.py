"""A second process that removes the temporary folder of a run if leakgate is killed.

It gets the folder as its argument and waits for the end of its stdin. Only leakgate holds the other end, so stdin ends
also after ``kill -9``. leakgate starts this file by its path with ``-I -S``: it uses the standard library only, starts
in a few milliseconds and sleeps until leakgate ends.
"""

import os
import shutil
import signal
import sys
import time
from typing import Final

RUN_PREFIX: Final = "leakgate-run-"
"""Beginning of the name of the temporary folder of a run."""
PATIENCE_S: Final = 30.0
"""Seconds in which the folder must be gone. Supervisors that survive leakgate end the program in 10.5 s at most."""
_LOOK_S: Final = 0.05


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


def main() -> None:
    """Wait for the end of leakgate, and remove the folder that the argument names."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)  # leakgate gets them too, and ends itself
    while os.read(0, 4_096):
        pass
    remove_folder(sys.argv[1])


if __name__ == "__main__":
    main()
