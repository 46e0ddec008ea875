"""A dictionary without a limit over 2,500 words that come by Zipf's law: the rare ones are met late."""

import random
import time

WORDS = {}


def meet(rank):
    WORDS.setdefault(rank, {"word": f"word-{rank}", "count": 0})["count"] += 1


def main():
    while True:
        for _ in range(45):
            meet(int(2500 ** random.random()))
        time.sleep(0.01)


if __name__ == "__main__":
    main()
