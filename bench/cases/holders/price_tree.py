"""An index of prices: a binary tree that is looked up in, and never pruned."""

import random
import time


class Node:
    def __init__(self, price, article):
        self.price = price
        self.article = article
        self.cheaper = None
        self.dearer = None


class PriceIndex:
    root = None

    @classmethod
    def insert(cls, price, article):
        fresh = Node(price, article)
        if cls.root is None:
            cls.root = fresh
            return
        node = cls.root
        while True:
            side = "cheaper" if price < node.price else "dearer"
            below = getattr(node, side)
            if below is None:
                setattr(node, side, fresh)
                return
            node = below


def main():
    number = 0
    while True:
        for _ in range(5):
            number += 1
            PriceIndex.insert(random.random(), "article number %d" % number)
        time.sleep(0.01)


main()
