"""Workers of a pool leak on purpose and are replaced after a few hundred tasks, as the documentation advises."""

import multiprocessing
import time

JUNK = []


def task(number):
    JUNK.append("x" * 3000)
    time.sleep(0.004)
    return number


def main():
    with multiprocessing.get_context("fork").Pool(3, maxtasksperchild=60) as pool:
        while True:
            pool.map(task, range(30), chunksize=5)
            time.sleep(0.05)


if __name__ == "__main__":
    main()
