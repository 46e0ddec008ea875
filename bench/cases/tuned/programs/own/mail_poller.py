"""Polls mailboxes in a thread while the main thread serves requests."""

import random
import threading
import time


class Poller(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.delivered = {}

    def run(self):
        number = 0
        while True:
            number += 1
            body = "Dear customer, " * random.randint(4, 30)
            self.delivered[f"<{number}@mail.example>"] = {"subject": f"order {number}", "body": body}
            time.sleep(0.012)


def main():
    Poller().start()
    while True:
        replies = [str(n) * 5 for n in range(random.randint(10, 500))]
        assert replies
        time.sleep(0.01)


if __name__ == "__main__":
    main()
