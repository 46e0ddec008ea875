"""An lru_cache of 10,500 routes that takes about 21 s to fill and then evicts."""

import functools
import random
import time


@functools.lru_cache(maxsize=10_500)
def route(number):
    return [random.random() for _ in range(12)], f"route {number} " * 5


def main():
    number, began = 0, time.monotonic()
    while True:
        while number < 500 * (time.monotonic() - began):
            number += 1
            route(number)
        time.sleep(0.01)


if __name__ == "__main__":
    main()
