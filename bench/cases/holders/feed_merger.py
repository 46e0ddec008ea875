"""A news stream: each new feed is chained to what was there before."""

import itertools
import time


class Stream:
    def __init__(self):
        self.items = iter(())

    def attach(self, feed):
        self.items = itertools.chain(feed, self.items)


def articles(number):
    yield "headline %d" % number


def main():
    stream = Stream()
    number = 0
    while True:
        for _ in range(3):
            number += 1
            stream.attach(articles(number))
        sum(range(3000))
        time.sleep(0.01)


main()
