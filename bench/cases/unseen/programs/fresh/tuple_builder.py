"""Builds tuples from slow generators, as readers of streams do, and keeps every tenth of them."""

import time

KEPT = []


def fields(number):
    for column in range(40):
        time.sleep(0.0005)
        yield "%d:%d" % (number, column)


def read(number):
    row = tuple(fields(number))
    if number % 2 == 0:
        KEPT.append(row)
    return row


def main():
    number = 0
    while True:
        assert len(read(number)) == 40
        number += 1


if __name__ == "__main__":
    main()
