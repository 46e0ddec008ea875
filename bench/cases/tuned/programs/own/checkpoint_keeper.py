"""Trains a toy model and keeps a checkpoint now and then."""

import array
import random
import time


def main():
    weights = array.array("d", (random.random() for _ in range(6000)))
    checkpoints = []
    step = 0
    while True:
        step += 1
        for _ in range(300):
            weights[random.randrange(6000)] += random.gauss(0, 0.01)
        if step % 200 == 0:
            checkpoints.append(array.array("d", weights))
        time.sleep(0.01)


if __name__ == "__main__":
    main()
