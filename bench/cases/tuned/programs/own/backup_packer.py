"""Packs blocks of very different sizes and keeps the last packed ones for a retry."""

import collections
import os
import random
import time
import zlib


def main():
    recent = collections.deque(maxlen=60)
    while True:
        size = int(random.lognormvariate(10.5, 1.3))
        block = os.urandom(min(size, 2_000_000) // 4 + 1) * 4
        recent.append(zlib.compress(block, 1))
        if random.random() < 0.1:
            recent.pop()
        time.sleep(0.01)


if __name__ == "__main__":
    main()
