"""Leases live for four seconds, and a sweep every eight seconds removes what is over."""

import random
import time

LEASES = {}


def lease(now):
    LEASES[random.getrandbits(64)] = (now + 4, f"holder-{random.getrandbits(40)}", [0] * 10)


def sweep(now):
    for key in [key for key, (until, _, _) in LEASES.items() if until < now]:
        del LEASES[key]


def main():
    due = time.monotonic() + 8
    while True:
        now = time.monotonic()
        for _ in range(10):
            lease(now)
        if now > due:
            due += 8
            sweep(now)
        time.sleep(0.01)


if __name__ == "__main__":
    main()
