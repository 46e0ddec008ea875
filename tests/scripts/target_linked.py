"""Grows a structure of objects that refer to each other, chosen by name; no container gets longer."""
import asyncio
import sys
import time

PAUSE_S = 0.002


class Node:
    def __init__(self, before=None):
        self.before = before
        self.after = None
        self.small = self.large = None


class Slotted:
    __slots__ = ("before", "after")

    def __init__(self, before=None):
        self.before = before
        self.after = None
        if before is not None:
            before.after = self


class Queue:
    def __init__(self):
        self.last = self.first = Node()

    def append(self):
        self.last.after = Node()
        self.last = self.last.after


class Tree:
    root = Node()


class Stack:
    def __init__(self):
        self.top = None


STACK = Stack()
WRAPPED = None
KEPT = []


def push():
    STACK.top = Node(STACK.top)


def insert(number):
    node = Tree.root
    while True:
        number, odd = divmod(number, 2)
        side = "large" if odd else "small"
        if getattr(node, side) is None:
            return setattr(node, side, Node())
        node = getattr(node, side)


class Circle:
    newest = Slotted()


Circle.newest.after = Circle.newest


def turn():
    node = Slotted()
    node.after, Circle.newest.after = Circle.newest.after, node
    Circle.newest = node


def wrap():
    global WRAPPED
    inner = WRAPPED

    def wrapper():
        return inner

    WRAPPED = wrapper


def in_list():
    KEPT.append(Node(KEPT[-1] if KEPT else None))


class Ring:
    newest = None


async def link():
    ring = Ring()
    loop = asyncio.get_running_loop()
    while True:
        ring.newest = Slotted(ring.newest)
        futures = [loop.create_future() for _ in range(20)]
        waiting = [asyncio.ensure_future(wait(future)) for future in futures]
        await asyncio.sleep(PAUSE_S)
        for future in futures:
            future.set_result(None)
        await asyncio.gather(*waiting)


async def wait(future):
    await future


def queue():
    waiting = Queue()
    while True:
        waiting.append()
        time.sleep(PAUSE_S)


def main(name):
    print("began", flush=True)
    if name == "link":
        asyncio.run(link())
    elif name == "queue":
        queue()
    for number in range(10**9):
        {"push": push, "insert": lambda: insert(number), "wrap": wrap, "turn": turn, "in_list": in_list}[name]()
        time.sleep(PAUSE_S)


if __name__ == "__main__":
    main(sys.argv[1])
