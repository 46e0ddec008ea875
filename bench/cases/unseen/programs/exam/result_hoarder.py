"""Sends work to a pool of processes that are replaced, and keeps every result itself."""

import multiprocessing
import time

RESULTS = []


def square(number):
    return {"number": number, "square": number * number, "digits": list(str(number**12))}


def collect(results):
    for result in results:
        RESULTS.append(result)


def main():
    number = 10**6
    with multiprocessing.get_context("fork").Pool(2, maxtasksperchild=30) as pool:
        while True:
            collect(pool.map(square, range(number, number + 16), chunksize=8))
            number += 16
            time.sleep(0.1)


if __name__ == "__main__":
    main()
