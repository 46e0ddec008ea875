"""Keeps small Python objects: each is stored in a ring that drops it again, and in a list that never does."""

import time


class Item:
    def __init__(self, number):
        self.number = number
        self.text = "x" * 200 + str(number)


kept, ring = [], {}
number = 0
while True:
    for _ in range(10):
        number += 1
        item = Item(number)
        ring[number % 500] = item
        kept.append(item)  # the leak
    time.sleep(0.01)
