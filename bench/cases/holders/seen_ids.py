"""A worker thread that remembers what it has seen, in a place of its own."""

import threading
import time

LOCAL = threading.local()


def is_new(identity):
    if not hasattr(LOCAL, "seen"):
        LOCAL.seen = set()
    if identity in LOCAL.seen:
        return False
    LOCAL.seen.add(identity)
    return True


def work():
    number = 0
    while True:
        for _ in range(10):
            number += 1
            is_new("message-%d" % number)
        time.sleep(0.01)


def main():
    worker = threading.Thread(target=work, name="worker")
    worker.start()
    while worker.is_alive():
        time.sleep(0.1)


main()
