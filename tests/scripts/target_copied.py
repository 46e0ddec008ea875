"""Replaces a container, a text or an array by a longer copy of it, chosen by name; no container gets longer."""
import array
import asyncio
import sys
import time

PAUSE_S = 0.002
ROWS = []
STATE = {}
NAMES = frozenset()


BODY = b""
NUMBERS = array.array("d")


class Store:
    def __init__(self):
        self.history = ()
        self.text = ""


STORE = Store()


class Table:
    """Stands for a data frame, which is not installed here: an object of a known package that leads to arrays."""

    __module__ = "pandas"

    def __init__(self, length):
        self.blocks = (array.array("d", bytes(8 * length)), array.array("q", bytes(8 * length)))


TABLE = Table(100)
OTHER = Table(50_000)


def rows(number):
    global ROWS
    ROWS = ROWS + [bytes(100)]


def state(number):
    global STATE
    STATE = {**STATE, number: bytes(100)}


def names(number):
    global NAMES
    NAMES = NAMES | {"name %d" % number}


def history(number):
    STORE.history = (*STORE.history, bytes(100))


def text(number):
    STORE.text += "line %d of a text that only grows longer\n" % number


def body(number):
    global BODY
    BODY += bytes(50)


def numbers(number):
    global NUMBERS
    NUMBERS = NUMBERS + array.array("d", range(20))


def table(number):
    global TABLE
    TABLE = Table(len(TABLE.blocks[0]) + 20)


def inserted(number):
    TABLE.blocks = Table(len(TABLE.blocks[0]) + 20).blocks


def pages(number):
    """Healthy: each text is longer than the last one, but is another text."""
    STORE.text = ("page %d " % number) * (700 + number % 5_000)


def batches(number):
    """Healthy: each list is longer than the last one, but has other entries."""
    global ROWS
    ROWS = [bytes(100) for _ in range(100 + number % 5_000)]


def main():
    step = globals()[sys.argv[1]]
    number = 0
    print("began", flush=True)
    while True:
        number += 1
        step(number)
        time.sleep(PAUSE_S)


async def local():
    print("began", flush=True)
    kept = ()
    while True:
        kept += (bytes(100),)
        await asyncio.sleep(PAUSE_S)


if sys.argv[1] == "local":
    asyncio.run(local())
main()
