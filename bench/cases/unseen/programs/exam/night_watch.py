"""Sleeps nearly all the time; each round of two seconds leaves a few notes behind."""

import time

NOTES = []


def make_round(number):
    for door in range(90):
        NOTES.append((number, door, f"round {number}, door {door}: closed at {time.time():.3f}"))


def main():
    number = 0
    while True:
        number += 1
        make_round(number)
        time.sleep(2)


if __name__ == "__main__":
    main()
