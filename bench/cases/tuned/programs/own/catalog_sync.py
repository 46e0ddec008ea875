"""Mirrors a catalogue of a known size and journals each change."""

import random
import time

ITEMS = 7000


def main():
    catalogue = {}
    journal = []
    while True:
        for _ in range(10):
            number = random.randrange(ITEMS)
            catalogue[number] = {"name": f"item {number}", "stock": random.randint(0, 9)}
        journal.append((time.time(), f"change of {number}", random.random()))
        time.sleep(0.009)


if __name__ == "__main__":
    main()
