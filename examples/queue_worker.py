"""A healthy queue worker: prices the orders of a queue and keeps the last few for its status line.

The queue is bounded, and so is what the worker remembers; memory goes up and down with the load and stays where it was.
Runs until it is stopped.
"""

import json
import random
import threading
import time
from collections import Counter, deque
from queue import Full, Queue

PRICES = {"apple": 0.4, "bread": 2.8, "cheese": 7.5, "dates": 5.1, "eggs": 3.2}
ORDERS_PER_S = 400
STATUS_EVERY_S = 5.0


def receive_orders(queue, stop):
    """Put orders on the queue, as a broker would; drop them when the worker is behind."""
    number = 0
    while not stop.wait(1 / ORDERS_PER_S):
        number += 1
        lines = [
            {"item": random.choice(list(PRICES)), "count": random.randint(1, 9)} for _ in range(random.randint(1, 20))
        ]
        try:
            queue.put_nowait(json.dumps({"order": number, "lines": lines, "note": "x" * random.randint(0, 500)}))
        except Full:
            continue


class Worker:
    """Takes one order after the other."""

    def __init__(self, queue):
        self.queue = queue
        self.recent = deque(maxlen=200)
        self.sold = Counter()
        self.revenue = 0.0

    def handle(self, message):
        order = json.loads(message)
        total = 0.0
        for line in order["lines"]:
            total += PRICES[line["item"]] * line["count"]
            self.sold[line["item"]] += line["count"]
        self.revenue += total
        self.recent.append({"order": order["order"], "total": round(total, 2), "lines": len(order["lines"])})

    def status(self):
        best, count = self.sold.most_common(1)[0]
        return f"{self.queue.qsize()} waiting, revenue {self.revenue:.2f}, most sold: {best} ({count})"

    def run(self):
        next_status = time.monotonic() + STATUS_EVERY_S
        while True:
            self.handle(self.queue.get())
            if time.monotonic() >= next_status:
                print(self.status(), flush=True)
                next_status += STATUS_EVERY_S


def main():
    queue = Queue(maxsize=1000)
    stop = threading.Event()
    threading.Thread(target=receive_orders, args=(queue, stop), daemon=True).start()
    try:
        Worker(queue).run()
    except KeyboardInterrupt:
        stop.set()


if __name__ == "__main__":
    main()
