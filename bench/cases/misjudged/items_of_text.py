"""Keeps small Python objects only. With a duration of 8s it was headlined `native` while its heap grew by 700 KB/s."""

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
        kept.append(item)
    time.sleep(0.005)
