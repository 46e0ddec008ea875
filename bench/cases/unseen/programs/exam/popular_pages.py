"""An LRU cache of 5,000 pages; pages are asked for by Zipf's law, so that it fills ever more slowly."""

import collections
import random
import time

PAGES = collections.OrderedDict()
MOST = 5000


def fetch(rank):
    if rank in PAGES:
        PAGES.move_to_end(rank)
        return PAGES[rank]
    PAGES[rank] = f"page {rank} " * 60
    if len(PAGES) > MOST:
        PAGES.popitem(last=False)
    return PAGES[rank]


def main():
    while True:
        for _ in range(4):
            fetch(int(10 ** random.uniform(0, 5.5)))
        time.sleep(0.01)


if __name__ == "__main__":
    main()
