"""Records go through a queue to a listener in a thread; every six seconds there is a flood of them."""

import logging
import logging.handlers
import queue
import random
import time

LOG = logging.getLogger("flood")


class Last(logging.Handler):
    def emit(self, record):
        self.last = self.format(record)
        time.sleep(0.0002)


def main():
    records = queue.Queue()
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    LOG.addHandler(logging.handlers.QueueHandler(records))
    logging.handlers.QueueListener(records, Last()).start()
    due = time.monotonic() + 3
    while True:
        LOG.info("value %s", random.random())
        if time.monotonic() > due:
            due += 6
            for number in range(6000):
                LOG.info("flood %d of %s", number, "x" * 200)
        time.sleep(0.01)


if __name__ == "__main__":
    main()
