"""Searches for primes without ever resting and keeps a note a few times a second."""

import time

NOTES = []


def is_prime(number):
    return all(number % divisor for divisor in range(3, int(number**0.5) + 1, 2))


def note(number):
    NOTES.append({"prime": number, "at": time.time(), "text": f"found {number} " * 6})


def main():
    number, due = 10**9 + 1, time.monotonic()
    while True:
        number += 2
        if is_prime(number) and time.monotonic() > due:
            due += 0.05
            note(number)


if __name__ == "__main__":
    main()
