"""Watches itself with tracemalloc: a snapshot every three seconds, compared with the one before."""

import collections
import random
import time
import tracemalloc

RECENT = collections.deque(maxlen=300)


def main():
    tracemalloc.start(5)
    before, due = tracemalloc.take_snapshot(), time.monotonic() + 3
    while True:
        RECENT.append({"v": random.random(), "text": "t" * random.randint(10, 2000)})
        if time.monotonic() > due:
            due += 3
            now = tracemalloc.take_snapshot()
            now.compare_to(before, "lineno")
            before = now
        time.sleep(0.005)


if __name__ == "__main__":
    main()
