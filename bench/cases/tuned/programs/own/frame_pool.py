"""Lends sample buffers to jobs and takes them back into a pool."""

import array
import random
import time


class Pool:
    def __init__(self):
        self.free = []
        self.made = 0

    def borrow(self):
        if self.free:
            return self.free.pop()
        self.made += 1
        return array.array("d", bytes(8 * 6000))

    def give_back(self, buffer):
        self.free.append(buffer)


def main():
    pool = Pool()
    lent = []
    while True:
        for _ in range(random.randint(0, 6)):
            if len(lent) < 120:
                lent.append(pool.borrow())
        for _ in range(random.randint(0, 6)):
            if lent:
                pool.give_back(lent.pop(random.randrange(len(lent))))
        time.sleep(0.01)


if __name__ == "__main__":
    main()
