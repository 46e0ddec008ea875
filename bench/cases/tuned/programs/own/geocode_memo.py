"""Remembers geocoded addresses and starts afresh when it remembers too many."""

import random
import time

MEMO = {}


def locate(address):
    if address not in MEMO:
        if len(MEMO) >= 16_000:
            MEMO.clear()
        MEMO[address] = (random.uniform(-90, 90), random.uniform(-180, 180), address.upper())
    return MEMO[address]


def main():
    while True:
        for _ in range(20):
            locate(f"{random.randint(1, 10**8)} Station Road")
        time.sleep(0.01)


if __name__ == "__main__":
    main()
