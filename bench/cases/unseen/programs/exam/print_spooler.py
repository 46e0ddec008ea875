"""A fast producer and a slow consumer on a queue of 4,000: it fills for about eighteen seconds, then the producer waits."""

import queue
import random
import threading
import time

SPOOL = queue.Queue(maxsize=4000)


def produce():
    number = 0
    while True:
        number += 1
        SPOOL.put({"job": number, "text": f"page {number} " * 30, "x": random.random()})
        time.sleep(0.003)


def main():
    threading.Thread(target=produce, daemon=True).start()
    while True:
        SPOOL.get()
        time.sleep(0.012)


if __name__ == "__main__":
    main()
