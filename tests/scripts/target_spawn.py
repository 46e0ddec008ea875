"""A pool of one worker that is spawned, so that it has to find its function again, and works for a while."""

import multiprocessing
import time


def work(number):
    time.sleep(0.05)
    return number + 1


if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for number in range(20):
            assert pool.apply(work, (number,)) == number + 1
