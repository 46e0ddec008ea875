"""Matches paths against routes whose patterns are built on the fly and cached by the re module."""

import random
import re
import time


def main():
    hits = 0
    while True:
        for _ in range(2):
            shop = random.randint(1, 10**6)
            pattern = rf"^/shop/{shop}/(?P<section>[a-z]+)/(?P<item>\d+)(?:\.(?P<form>html|json))?$"
            match = re.match(pattern, f"/shop/{shop}/books/{random.randint(1, 999)}.json")
            hits += match is not None
        time.sleep(0.012)


if __name__ == "__main__":
    main()
