"""Hands work to a pool of threads that each keep a scratch buffer."""

import concurrent.futures
import random
import threading
import time

LOCAL = threading.local()


def work(number):
    if not hasattr(LOCAL, "scratch"):
        LOCAL.scratch = bytearray(300_000)
    LOCAL.scratch[number % 300_000] = number % 256
    time.sleep(random.random() * 0.2)
    return sum(LOCAL.scratch[:2000])


def main():
    with concurrent.futures.ThreadPoolExecutor(max_workers=24) as pool:
        pending = set()
        number = 0
        while True:
            number += 1
            pending.add(pool.submit(work, number))
            if len(pending) > min(60, 2 + number // 20):
                done, pending = concurrent.futures.wait(pending, return_when=concurrent.futures.FIRST_COMPLETED)
                assert all(one.result() >= 0 for one in done)
            time.sleep(0.008)


if __name__ == "__main__":
    main()
