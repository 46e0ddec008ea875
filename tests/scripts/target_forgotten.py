"""Dicts that the collector forgets at each full collection: their entries are tuples of plain values, or texts."""

import time


class Shop:
    """Has a dict as an attribute."""

    def __init__(self):
        self.orders = {}


TUPLES = {}
DEEP = {"a": {"b": {}}}
SHOP = Shop()
number = 0
print("began", flush=True)
while True:
    number += 1
    text = f"entry {number}"
    TUPLES[number] = (number, text)
    DEEP["a"]["b"][number] = text
    SHOP.orders[number] = (number, text)
    time.sleep(0.002)
