"""No leak, but hungry: builds a report from all rows at once, about 80 MB, and lets them go again.

It would do with one row at a time; a ceiling for memory (``budgets: {peak: ...}``) catches this. Runs until it is
stopped.
"""

import contextlib
import random
import time

CUSTOMERS = 200
ROWS = 400_000


def load_rows():
    """Every sale of the month, as the database driver gives it."""
    return [(number, f"customer-{number % CUSTOMERS}", random.random() * 100) for number in range(ROWS)]


def summarise(rows):
    totals = {}
    for _, customer, amount in rows:
        totals[customer] = totals.get(customer, 0.0) + amount
    return totals


def main():
    while True:
        totals = summarise(load_rows())
        best = max(totals, key=totals.get)
        print(f"{len(totals)} customers, best: {best}", flush=True)
        time.sleep(2)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
