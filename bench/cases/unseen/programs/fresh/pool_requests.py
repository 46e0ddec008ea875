"""A request handler behind a thread pool; every future is kept in a list 'for shutdown'."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

STARTED = []
LOCK = threading.Lock()


def handle(number):
    return {"number": number, "body": "<p>%s</p>" % ("x" * (number % 300)), "tags": ["a", str(number)]}


def accept(pool, number):
    future = pool.submit(handle, number)
    with LOCK:
        STARTED.append(future)
    return future


def main():
    number = 0
    with ThreadPoolExecutor(max_workers=8) as pool:
        while True:
            for future in [accept(pool, number + step) for step in range(4)]:
                future.result()
            number += 4
            time.sleep(0.02)


if __name__ == "__main__":
    main()
