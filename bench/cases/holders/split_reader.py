"""One source, two readers: the archive takes everything, the monitor only looks at the first lines."""

import itertools
import time


def source():
    number = 0
    while True:
        number += 1
        yield "measurement %d at noon" % number


def main():
    archive, monitor = itertools.tee(source())
    for _ in range(10):
        next(monitor)
    while True:
        for _ in range(30):
            next(archive)
        sum(range(2000))
        time.sleep(0.01)


main()
