"""Runs jobs, some of which fail, and keeps the failures for a retry that never comes."""

import random
import time

FAILED = []


def job(number):
    body = bytearray(random.randint(2000, 12_000))
    if number % 5 == 0:
        raise ValueError(f"job {number} of {len(body)} bytes")
    return len(body)


def main():
    number = 0
    while True:
        number += 1
        try:
            job(number)
        except ValueError as error:
            FAILED.append(error)
        time.sleep(0.01)


if __name__ == "__main__":
    main()
