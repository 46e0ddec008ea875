"""Switches the collector off for short pauses and collects by hand every four seconds, when there is time."""

import gc
import time


class Node:
    def __init__(self, value):
        self.value, self.me = value, self


def request(number):
    nodes = [Node(number + n) for n in range(25)]
    nodes[0].others = nodes
    return sum(node.value for node in nodes)


def main():
    gc.disable()
    number, due = 0, time.monotonic() + 4
    while True:
        number += 1
        request(number)
        if time.monotonic() > due:
            due += 4
            gc.collect()
        time.sleep(0.005)


if __name__ == "__main__":
    main()
