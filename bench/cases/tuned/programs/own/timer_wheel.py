"""Keeps timers in a heap; each falls due some seconds after it was set."""

import heapq
import itertools
import random
import time


def main():
    timers = []
    order = itertools.count()
    while True:
        now = time.monotonic()
        for _ in range(6):
            due = now + random.uniform(2.0, 9.0)
            heapq.heappush(timers, (due, next(order), {"due": due, "payload": "p" * random.randint(50, 400)}))
        while timers and timers[0][0] < now:
            heapq.heappop(timers)
        time.sleep(0.006)


if __name__ == "__main__":
    main()
