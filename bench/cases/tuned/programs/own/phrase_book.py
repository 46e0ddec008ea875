"""Learns the phrases of a corpus that is read once, then only looks them up."""

import random
import time

TOTAL = 26_000


def main():
    phrases = {}
    number = 0
    while True:
        for _ in range(20):
            if number < TOTAL:
                phrases[f"phrase-{number}"] = [number, f"meaning of {number}", 0]
                number += 1
            phrases[f"phrase-{random.randrange(number)}"][2] += 1
        time.sleep(0.01)


if __name__ == "__main__":
    main()
