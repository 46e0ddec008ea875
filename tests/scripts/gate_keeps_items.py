"""Keeps 1,000 small Python objects a second: each is stored in a ring that drops it again, and in a list for good."""

import time

PER_S = 1_000


class Item:
    def __init__(self, number):
        self.number = number
        self.text = "x" * 200 + str(number)


kept, ring = [], {}
number, started = 0, time.monotonic()
while True:
    while number < PER_S * (time.monotonic() - started):
        number += 1
        item = Item(number)
        ring[number % 500] = item
        kept.append(item)  # the leak
    time.sleep(0.01)
