"""Loads an archive and compacts it chunk by chunk, so that it needs less and less memory."""

import random
import time
import zlib


def main():
    archive = [bytes(random.choices(range(97, 105), k=2000)) * 15 for _ in range(2200)]
    number = 0
    while True:
        chunk = archive[number % len(archive)]
        if len(chunk) > 29_000:
            archive[number % len(archive)] = zlib.compress(chunk, 1)
        else:
            assert zlib.decompress(chunk)
        number += 1
        time.sleep(0.008)


if __name__ == "__main__":
    main()
