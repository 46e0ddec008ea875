"""Each document remembers its last 50 edits; there are 90 documents, edited at random: full after some fifteen seconds."""

import collections
import random
import time

DOCUMENTS = [collections.deque(maxlen=50) for _ in range(90)]


def edit(number):
    random.choice(DOCUMENTS).append({"edit": number, "text": "e" * random.randint(20, 200)})


def main():
    began, number = time.monotonic(), 0
    while True:
        while number < 450 * (time.monotonic() - began):
            number += 1
            edit(number)
        time.sleep(0.01)


if __name__ == "__main__":
    main()
