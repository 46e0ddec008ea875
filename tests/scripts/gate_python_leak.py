"""Keeps what it should forget: LEAK_KB_PER_S (300) of small Python objects, on the line that is marked.

It keeps to this rate by the clock, so a busy machine does not make the leak slower.
"""
import os
import time

PIECE_BYTES = 300
PIECES_PER_S = int(os.environ.get("LEAK_KB_PER_S", "300")) * 1000 // PIECE_BYTES
kept = []


def remember(number):
    kept.append("x" * (PIECE_BYTES - 70) + str(number))  # the leak


def main():
    number, started = 0, time.monotonic()
    while True:
        due = PIECES_PER_S * (time.monotonic() - started)
        while number < due:
            number += 1
            remember(number)
        time.sleep(0.02)


main()
