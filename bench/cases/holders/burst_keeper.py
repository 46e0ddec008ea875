"""A shop that imports the orders of its branches in batches. The rows of each batch are kept for a report that nobody
asks for. Between two batches the shop answers questions, and notes how long each answer took."""

import sys
import time

REST_S = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
BATCH = 4_000


class Row:
    def __init__(self, number):
        self.number = number
        self.text = f"order {number}"


class Archive:
    def __init__(self):
        self.rows = []
        self.took = []

    def take(self, batch):
        for row in batch:
            self.rows.append(row)


ARCHIVE = Archive()


def read_batch(first):
    return [Row(first + at) for at in range(BATCH)]


def answer(number):
    started = time.perf_counter()
    found = [str(number + at) for at in range(200)]
    ARCHIVE.took.append(time.perf_counter() - started)
    return found


def main():
    number, due_s = 0, time.monotonic()
    while True:
        if time.monotonic() >= due_s:
            ARCHIVE.take(read_batch(number))
            due_s = time.monotonic() + REST_S
        answer(number)
        number += 1
        time.sleep(0.02)


main()
