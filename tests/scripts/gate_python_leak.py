"""Keeps what it should forget: LEAK_KB_PER_S (300) of small Python objects, on the line that is marked."""
import os
import time

PIECE_BYTES = 300
PIECES_PER_TURN = int(os.environ.get("LEAK_KB_PER_S", "300")) * 20 // PIECE_BYTES
kept = []


def remember(number):
    kept.append("x" * (PIECE_BYTES - 70) + str(number))  # the leak


def main():
    number = 0
    while True:
        for _ in range(PIECES_PER_TURN):
            number += 1
            remember(number)
        time.sleep(0.02)


main()
