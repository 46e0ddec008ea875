"""Keeps the most recently used web sessions in memory and evicts the oldest."""

import collections
import random
import time

LIMIT = 9000


class SessionTable:
    def __init__(self):
        self.sessions = collections.OrderedDict()

    def touch(self, key):
        session = self.sessions.pop(key, None)
        if session is None:
            session = {"user": key, "basket": [random.random() for _ in range(12)], "seen": 0}
        session["seen"] += 1
        self.sessions[key] = session
        while len(self.sessions) > LIMIT:
            self.sessions.popitem(last=False)


def main():
    table = SessionTable()
    number = 0
    while True:
        for _ in range(9):
            number += 1
            table.touch(f"user-{number}")
            table.touch(f"user-{max(1, number - random.randint(1, 400))}")
        time.sleep(0.01)


if __name__ == "__main__":
    main()
