"""A pool of threads answers requests; each thread keeps an inbox of its own that nobody reads."""

import concurrent.futures
import threading
import time

LOCAL = threading.local()


def answer(number):
    if not hasattr(LOCAL, "inbox"):
        LOCAL.inbox = []
    LOCAL.inbox.append(f"request {number} " * 10)
    time.sleep(0.01)
    return number


def main():
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        number = 0
        while True:
            list(pool.map(answer, range(number, number + 8)))
            number += 8
            time.sleep(0.01)


if __name__ == "__main__":
    main()
