"""A ring of 120 numpy blocks that is full after twelve seconds."""

import collections
import time

import numpy

RING = collections.deque(maxlen=120)


def record(number):
    RING.append(numpy.sin(numpy.arange(20_000) * number))


def main():
    number = 0
    while True:
        number += 1
        record(number)
        assert len(RING) <= 120 and RING[-1].shape == (20_000,)
        time.sleep(0.1)


if __name__ == "__main__":
    main()
