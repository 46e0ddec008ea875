"""Cleans documents, whose nodes know their parents, and keeps their titles."""

import random
import time

TITLES = []


class Node:
    def __init__(self, parent, text):
        self.parent = parent
        self.children = []
        self.text = text
        if parent is not None:
            parent.children.append(self)


def clean(number):
    root = Node(None, f"title of document {number}")
    nodes = [root]
    for _ in range(120):
        nodes.append(Node(random.choice(nodes), "t" * 40))
    TITLES.append(root.text + " cleaned")
    return len(nodes)


def main():
    number = 0
    while True:
        number += 1
        clean(number)
        time.sleep(0.007)


if __name__ == "__main__":
    main()
