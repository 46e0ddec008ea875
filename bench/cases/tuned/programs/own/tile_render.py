"""Renders map tiles in a pool of processes that are replaced after some tiles."""

import multiprocessing
import random
import time


def render(seed):
    rng = random.Random(seed)
    tile = [[rng.random() for _ in range(90)] for _ in range(90)]
    return sum(map(sum, tile))


def main():
    with multiprocessing.Pool(2, maxtasksperchild=120) as pool:
        number = 0
        while True:
            number += 8
            assert len(pool.map(render, range(number, number + 8))) == 8
            time.sleep(0.03)


if __name__ == "__main__":
    main()
