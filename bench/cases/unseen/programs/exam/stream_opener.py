"""Opens a compressor for each upload; one in five uploads is never finished."""

import random
import time
import zlib

OPEN = {}


def begin(number):
    OPEN[number] = zlib.compressobj(6, zlib.DEFLATED, 12, 5)
    OPEN[number].compress(random.randbytes(400))


def finish(number):
    OPEN.pop(number).flush()


def main():
    number = 0
    while True:
        number += 1
        begin(number)
        if number % 5:
            finish(number)
        time.sleep(0.03)


if __name__ == "__main__":
    main()
