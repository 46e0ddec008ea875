"""A pool whose workers are replaced after 40 tasks of 20 ms; with "leak" each keeps every result until then."""

import itertools
import multiprocessing
import sys
import time

MEMO = {}


def score(number):
    time.sleep(0.02)
    words = [f"word {number} {index}" for index in range(40)]
    if sys.argv[1:] == ["leak"]:
        MEMO[number] = words
    return len(words)


if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(2, maxtasksperchild=40) as pool:
        for base in itertools.count(step=20):
            sum(pool.imap_unordered(score, range(base, base + 20)))
