"""Collects rows of a day, rolls them up and lets them go, day after day."""

import random
import time


def collect(rows, count):
    for _ in range(count):
        rows.append((random.randint(1, 500), random.random(), "row-%d" % random.randint(0, 10**9)))


def roll_up(rows):
    totals = {}
    while rows:
        key, value, _ = rows.pop()
        totals[key] = totals.get(key, 0.0) + value
        if len(rows) % 900 == 0:
            time.sleep(0.004)
    return totals


def main():
    rows = []
    while True:
        for _ in range(150):
            collect(rows, 300)
            time.sleep(0.012)
        roll_up(rows)


if __name__ == "__main__":
    main()
