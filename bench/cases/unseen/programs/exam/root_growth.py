"""Learns new phrases at a rate that falls with the root of time: slower and slower, without an end."""

import random
import time

PHRASES = set()


def hear(length):
    PHRASES.add(" ".join(f"{random.getrandbits(32):x}" for _ in range(length)))


def main():
    began, heard = time.monotonic(), 0
    while True:
        while heard < 6000 * (time.monotonic() - began) ** 0.6:
            heard += 1
            hear(8)
        time.sleep(0.02)


if __name__ == "__main__":
    main()
