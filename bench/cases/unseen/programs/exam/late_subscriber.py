"""Fills a table for nine seconds, then lets subscribers in and never lets them go."""

import random
import time

TABLE = {}
SUBSCRIBERS = []


def learn(key):
    TABLE[key] = [random.random() for _ in range(6)]


def subscribe(number):
    SUBSCRIBERS.append({"id": number, "topics": [f"topic/{number}/{n}" for n in range(3)]})


def main():
    began, number = time.monotonic(), 0
    while True:
        number += 1
        if time.monotonic() - began < 9:
            for key in range(number * 20, number * 20 + 20):
                learn(key % 20_000)
        else:
            subscribe(number)
        time.sleep(0.01)


if __name__ == "__main__":
    main()
