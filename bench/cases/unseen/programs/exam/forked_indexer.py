"""Forks an indexer without exec; the indexer never drops a posting, its parent only waits."""

import os
import random
import time

INDEX = {}


def index(number):
    for word in range(4):
        INDEX.setdefault((number, word), []).append(f"posting {random.getrandbits(40)}")


def main():
    if os.fork() == 0:
        number = 0
        while True:
            number += 1
            index(number)
            time.sleep(0.006)
    os.wait()


if __name__ == "__main__":
    main()
