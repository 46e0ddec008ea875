"""Interns the tags of every record and keeps the set of tags, which includes a number that is always new."""

import sys
import time

TAGS = set()


def tag(number):
    for text in ("kind:order", f"order:{number}", f"customer:{number % 70}"):
        TAGS.add(sys.intern(text + ":tag"))


def main():
    number = 0
    while True:
        for _ in range(6):
            number += 1
            tag(number)
        time.sleep(0.03)


if __name__ == "__main__":
    main()
