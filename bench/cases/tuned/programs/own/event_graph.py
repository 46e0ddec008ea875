"""Builds a small graph of events for each request; the collector is off for latency."""

import gc
import random
import time


class Event:
    def __init__(self, name):
        self.name = name
        self.causes = []
        self.effects = []


def handle(number):
    events = [Event(f"{number}-{n}") for n in range(4)]
    for event in events:
        other = random.choice(events)
        event.effects.append(other)
        other.causes.append(event)
    return len(events)


def main():
    gc.disable()
    number = 0
    while True:
        number += handle(number)
        time.sleep(0.01)


if __name__ == "__main__":
    main()
