"""A shelf of 1,500 blobs of very different sizes; a random one is replaced each time: the heap fragments, then rests."""

import random
import time

SHELF = [None] * 1500


def replace():
    SHELF[random.randrange(1500)] = bytearray(int(random.lognormvariate(8, 1.4)) % 400_000)


def main():
    while True:
        for _ in range(6):
            replace()
        time.sleep(0.01)


if __name__ == "__main__":
    main()
