"""Forks for each job without exec: the child inherits a large table, works for a moment and ends."""

import os
import random
import time

TABLE = [{"row": n} for n in range(80_000)]


def job(number):
    if os.fork() == 0:
        code = sum(TABLE[random.randrange(80_000)]["row"] for _ in range(20_000)) % 2
        os._exit(code)
    os.wait()


def main():
    number = 0
    while True:
        number += 1
        job(number)
        time.sleep(0.1)


if __name__ == "__main__":
    main()
