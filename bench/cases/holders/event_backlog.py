"""Events go into a queue in two threads; the consumer takes the urgent ones only."""

import queue
import threading
import time

URGENT, ROUTINE = queue.Queue(), queue.Queue()


def produce():
    number = 0
    while True:
        for _ in range(8):
            number += 1
            (URGENT if number % 8 == 0 else ROUTINE).put({"number": number})
        time.sleep(0.01)


def main():
    threading.Thread(target=produce, daemon=True).start()
    while True:
        URGENT.get()


main()
