"""Collects 12,000 coupons that come at random: the last ones take long, and then the album is full."""

import random
import time

ALBUM = {}


def find():
    number = random.randrange(12_000)
    if number not in ALBUM:
        ALBUM[number] = (f"coupon {number}", random.random())


def main():
    began, found = time.monotonic(), 0
    while True:
        while found < 12_000 / 5 * (time.monotonic() - began):
            found += 1
            find()
        time.sleep(0.01)


if __name__ == "__main__":
    main()
