"""Immutable feature sets, logged with their repr."""

import time

from frozendict import frozendict


def log_line(features):
    return "request with %r" % (features,)


def main():
    number = size = 0
    while True:
        features = frozendict({"flag_%d" % i: (number + i) % 3 == 0 for i in range(60)})
        size = max(size, len(log_line(features)))
        number += 1
        time.sleep(0.004)


if __name__ == "__main__":
    main()
