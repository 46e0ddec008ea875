"""A document with an undo journal: every edit points at the one before."""

import random
import time


class Edit:
    def __init__(self, before, position, text):
        self.before = before
        self.position = position
        self.text = text


class Journal:
    def __init__(self):
        self.newest = None
        self.written = 0

    def record(self, position, text):
        self.newest = Edit(self.newest, position, text * 3)
        self.written += 1


JOURNAL = Journal()


def main():
    while True:
        for _ in range(5):
            JOURNAL.record(random.randrange(10_000), "insert %d" % JOURNAL.written)
        scratch = [str(number) for number in range(300)]
        scratch.sort()
        time.sleep(0.01)


main()
