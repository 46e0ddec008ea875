"""Freezes its heap, as prefork servers do, and then goes on filling a global that was frozen with it."""

import gc
import time

KEPT = []


class Shelf:
    x = [0] * 8


gc.collect()
gc.freeze()
number = 0
while True:
    for _ in range(20):
        number += 1
        KEPT.append([number, str(number)])
    time.sleep(0.02)
