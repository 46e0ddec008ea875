"""Counts requests by client and flushes the counts every seven seconds."""

import collections
import json
import random
import time


def main():
    counts = collections.Counter()
    latencies = collections.defaultdict(list)
    flushed = time.monotonic()
    while True:
        for _ in range(12):
            client = f"10.{random.randint(0, 255)}.{random.randint(0, 255)}.{random.randint(0, 255)}"
            counts[client] += 1
            latencies[client].append(random.expovariate(10.0))
        if time.monotonic() - flushed > 7.0:
            assert json.dumps(counts)
            counts.clear()
            latencies.clear()
            flushed = time.monotonic()
        time.sleep(0.008)


if __name__ == "__main__":
    main()
