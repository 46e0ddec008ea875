"""Maps scratch memory for each frame that it decodes."""

import mmap
import random
import time

MAPS = []


def decode(number):
    scratch = mmap.mmap(-1, 64 * 1024)
    for offset in range(0, 64 * 1024, 4096):
        scratch[offset] = number % 256
    if number % 4 == 0:
        MAPS.append(scratch)
    else:
        scratch.close()


def main():
    number = 0
    while True:
        number += 1
        decode(number)
        time.sleep(0.02 + random.random() * 0.02)


if __name__ == "__main__":
    main()
