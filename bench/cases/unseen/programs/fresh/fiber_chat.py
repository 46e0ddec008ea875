"""Generator-based fibers on one thread; a fiber that waits for a reply that never comes stays parked."""

import time
from collections import deque

READY = deque()
PARKED = {}


def session(number):
    history = ["hello %d" % number]
    for step in range(3):
        history.append((step, number, "message %d" % step))
        yield "ready"
    if number % 10 == 0:
        yield ("wait", number)
    history.clear()


def run_ready():
    while READY:
        fiber = READY.popleft()
        try:
            wish = next(fiber)
        except StopIteration:
            continue
        if wish == "ready":
            READY.append(fiber)
        else:
            PARKED[wish[1]] = fiber


def main():
    number = 0
    while True:
        for _ in range(50):
            READY.append(session(number))
            number += 1
        run_ready()
        time.sleep(0.03)


if __name__ == "__main__":
    main()
