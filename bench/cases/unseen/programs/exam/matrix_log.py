"""Solves small systems with numpy and keeps a view of each solution: a view of four numbers holds 32 KB."""

import time

import numpy

LOG = []


def solve(size):
    solution = numpy.linalg.solve(numpy.random.rand(size, size) + numpy.eye(size), numpy.random.rand(size, size))
    LOG.append(solution[0, :4])


def main():
    while True:
        solve(64)
        time.sleep(0.1)


if __name__ == "__main__":
    main()
