"""Posts batches of entries to a ledger: a batch is dropped when it is full, one line of each few stays for ever."""

import random
import time

KEPT = []


def post(batch, number):
    batch.append({"number": number, "amount": random.random(), "text": "x" * random.randint(80, 600)})
    if number % 70 == 0:
        KEPT.append((number, time.time(), f"closing balance {random.random():.9f}"))


def main():
    number, batch = 0, []
    while True:
        for _ in range(28):
            number += 1
            post(batch, number)
        if len(batch) > 11_000:
            batch = []
        time.sleep(0.01)


if __name__ == "__main__":
    main()
