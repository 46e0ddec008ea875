"""Works a little all the time; every seven seconds it needs 25 MB for a second and gives them back."""

import hashlib
import random
import time


def digest():
    parts = [{"part": n, "data": random.random()} for n in range(100_000)]
    time.sleep(0.6)
    return hashlib.sha256(repr(parts[:5000]).encode()).hexdigest()


def main():
    due = time.monotonic() + 5
    while True:
        hashlib.sha256(random.randbytes(2000)).hexdigest()
        if time.monotonic() > due:
            due += 7
            digest()
        time.sleep(0.01)


if __name__ == "__main__":
    main()
