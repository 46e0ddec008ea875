"""Reads a large vocabulary at the start, needs much memory for it, and compacts it once."""

import random
import time


def main():
    words = [f"word-{random.getrandbits(48):x}" for _ in range(400_000)]
    index = {}
    for number, word in enumerate(words):
        index.setdefault(word[5:7], []).append(number)
    del words
    compact = {key: tuple(numbers[:500]) for key, numbers in index.items()}
    del index
    keys = list(compact)
    while True:
        for _ in range(100):
            assert compact[random.choice(keys)]
        time.sleep(0.01)


if __name__ == "__main__":
    main()
