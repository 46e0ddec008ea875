"""Keeps 300 KB/s in mappings that no counter of Python or malloc sees, behind a few small objects in a list."""

import mmap
import time

FRAMES = []
SIZE = 64 * 1024


def take(number):
    frame = mmap.mmap(-1, SIZE)
    frame.write(bytes([number % 250]) * SIZE)
    return frame


def main():
    number, started = 0, time.monotonic()
    while True:
        while number * SIZE < 300_000 * (time.monotonic() - started):
            number += 1
            FRAMES.append(take(number))  # the leak
        time.sleep(0.1)


main()
