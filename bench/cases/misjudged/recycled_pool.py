"""A pool whose workers are replaced after 100 tasks. LEAK=1: each worker keeps every result until it is replaced."""

import itertools
import multiprocessing
import os
import time

LEAK = os.environ.get("LEAK", "")
MEMO = {}


def score(number):
    words = [f"word {number} {index}" for index in range(20)]
    if LEAK:
        MEMO[number] = words
    return len(words)


if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(2, maxtasksperchild=100) as pool:
        for base in itertools.count(step=50):
            sum(pool.imap_unordered(score, range(base, base + 50)))
            time.sleep(0.05)
