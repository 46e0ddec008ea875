"""Keeps every order. Run it with PYTHONMALLOC=mimalloc on CPython 3.13: the block counter sees the asking thread's heap only."""

import time

KEPT = []
number = 0
while True:
    for _ in range(4):
        number += 1
        KEPT.append({"order": number, "lines": [number, number + 1, str(number)]})
    time.sleep(0.02)
