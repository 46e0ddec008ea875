"""A scheduler that resets the slots of its object array to a fresh list before each round."""

import time

import numpy as np


def reset(slots, round_number):
    slots.fill([round_number, 0.0, "idle"])


def main():
    rows = [np.empty(16, dtype=object) for _ in range(30)]
    number = 0
    while True:
        for slots in rows:
            reset(slots, number)
        number += 1
        time.sleep(0.02)


if __name__ == "__main__":
    main()
