"""A program that leaks, takes a moment to stop, and ends without cleaning up if the file `leave` appears."""

import os
import signal
import threading
import time
from types import FrameType

KEPT: list[bytes] = []


def leave_when_told() -> None:
    """End the process at once, from a thread, when the file appears."""
    while not os.path.exists("leave"):
        time.sleep(0.005)
    os._exit(0)


def stop(_number: int, _frame: FrameType | None) -> None:
    """Show that the program was asked to end, and end later."""
    with open("stopping", "w", encoding="utf-8"):
        pass
    time.sleep(1.0)
    raise SystemExit(0)


signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
threading.Thread(target=leave_when_told, daemon=True).start()
while True:
    KEPT.append(bytes(5_000))
    time.sleep(0.005)
