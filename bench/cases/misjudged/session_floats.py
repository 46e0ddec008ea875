"""Sessions of twenty floats and a text. `--trace never` said twice the heap rate that `trace: auto` says; the types that leak were not in the table."""

import random
import time


class Session:
    def __init__(self, number):
        self.scores = [random.random() for _ in range(20)]
        self.label = f"session {number}"


STORE = {}
number = 0
while True:
    for _ in range(8):
        number += 1
        STORE[number] = Session(number)
    time.sleep(0.02)
