"""Leaks, says by a file when its allocations are traced, and by another that it was asked to end, which it ignores."""

import signal
import sys
import time
import tracemalloc
from pathlib import Path

KEPT = []


def refuse(_number: int, _frame: object) -> None:
    Path(sys.argv[1], "in-stopping").touch()


signal.signal(signal.SIGTERM, refuse)
while True:
    KEPT.append([len(KEPT)] * 100)
    if tracemalloc.is_tracing():
        Path(sys.argv[1], "in-explaining").touch()
    time.sleep(0.002)
