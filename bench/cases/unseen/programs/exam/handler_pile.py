"""Adds a handler to the logger for each request and removes it only where the request fails."""

import logging
import time

LOG = logging.getLogger("requests")
LOG.setLevel(logging.INFO)
LOG.propagate = False


class Tail(logging.Handler):
    def __init__(self, number):
        super().__init__()
        self.prefix = f"request {number}: "
        self.last = None

    def emit(self, record):
        self.last = self.prefix + record.getMessage()


def handle(number):
    handler = Tail(number)
    LOG.addHandler(handler)
    LOG.info("done in %d ms", number % 90)
    if number % 7 == 0:
        LOG.removeHandler(handler)


def main():
    number = 0
    while True:
        number += 1
        handle(number)
        time.sleep(0.03)


if __name__ == "__main__":
    main()
