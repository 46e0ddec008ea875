"""A multiprocessing pool whose workers never forget what they have seen."""

import multiprocessing
import time

SEEN = {}


def summarise(batch):
    SEEN[batch] = [(batch, step, "reading %d of %d" % (step, batch)) for step in range(12)]
    return sum(step for _, step, _ in SEEN[batch])


def main():
    batch = 0
    with multiprocessing.get_context("fork").Pool(2) as pool:
        while True:
            totals = pool.map(summarise, range(batch, batch + 8), chunksize=2)
            assert len(totals) == 8
            batch += 8
            time.sleep(0.05)


if __name__ == "__main__":
    main()
