"""Filters of a message bus: each subscriber wraps the one that was there."""

import time


def wrap(inner, topic):
    seen = {"topic": topic}

    def accept(message):
        if message == seen["topic"]:
            return True
        return False if inner is None else None

    return accept


ACCEPT = None


def subscribe(number):
    global ACCEPT
    ACCEPT = wrap(ACCEPT, "topic %d" % number)


def main():
    number = 0
    while True:
        for _ in range(4):
            number += 1
            subscribe(number)
            ACCEPT("topic %d" % number)
        time.sleep(0.01)


main()
