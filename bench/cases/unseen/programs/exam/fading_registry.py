"""Meets many new names at first and ever fewer later, but never none; forgets no name."""

import random
import time

NAMES = {}


def register(name):
    NAMES[name] = {"name": name, "seen": time.time(), "score": random.random()}


def main():
    began, owed, last = time.monotonic(), 0.0, time.monotonic()
    while True:
        now = time.monotonic()
        owed += (now - last) * (90 + 500 * 2.0 ** (-(now - began) / 4))
        last = now
        while owed >= 1:
            owed -= 1
            register(f"name-{random.getrandbits(60):x}")
        time.sleep(0.02)


if __name__ == "__main__":
    main()
