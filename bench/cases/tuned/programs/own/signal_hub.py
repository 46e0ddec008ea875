"""Tells every visitor of a page when it changes."""

import random
import time


class Hub:
    def __init__(self):
        self.listeners = []

    def connect(self, listener):
        self.listeners.append(listener)


class Visitor:
    def __init__(self, number):
        self.number = number
        self.trail = [f"/page/{random.randint(1, 99)}" for _ in range(5)]

    def notify(self, page):
        self.trail.append(page)


def main():
    hub = Hub()
    number = 0
    while True:
        number += 1
        visitor = Visitor(number)
        hub.connect(visitor.notify)
        visitor.notify("/")
        time.sleep(0.025)


if __name__ == "__main__":
    main()
