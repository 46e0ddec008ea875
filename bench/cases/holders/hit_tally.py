"""Hits by country and visitor: a look-up makes the entry."""

import collections
import random
import time

TALLY = collections.defaultdict(lambda: collections.defaultdict(int))


def hits(country, visitor):
    return TALLY[country][visitor]


def main():
    number = 0
    while True:
        for _ in range(10):
            number += 1
            hits(random.choice(("fr", "de", "it", "es")), "visitor %d" % number)
        time.sleep(0.01)


main()
