"""Grows a container of each kind (`all`), or one that is no container of a module or class, chosen by name."""
import array
import asyncio
import atexit
import collections
import functools
import gc
import io
import logging
import os
import sys
import threading
import time
import weakref

PAUSE_S = 0.004


class Thing:
    def __init__(self, number):
        self.number = number
        self.payload = [number] * 20


class Registry:
    items = []

    def __init__(self):
        self.by_name = {}
        self.queue = collections.deque(maxlen=100000)
        self.nested = {"one": {"two": []}}


class Slotted:
    __slots__ = ("entries", "never_set")

    def __init__(self):
        self.entries = []


class Basket:
    def __init__(self, number):
        self.number = number

    @functools.lru_cache(maxsize=None)
    def total(self, rate):
        return self.number * rate


class Keeper(list):
    pass


PLAIN = {}
REGISTRY = Registry()
SLOTTED = Slotted()
ORDERED = collections.OrderedDict()
COUNTS = collections.defaultdict(list)
KEEPER = Keeper()
NUMBERS = array.array("d")
TEXT = bytearray()
BUFFER = io.BytesIO()
SOMETHING = set()
WEAK = weakref.WeakSet()
STRONG = []
SERVICE = Thing(0)
CHUNKS = {}


@functools.lru_cache(maxsize=50000)
def bounded(number):
    return Thing(number)


def make_counter():
    seen = []

    def count(number):
        seen.append(Thing(number))
        return len(seen)

    return count


count = make_counter()


def in_weak_set(number):
    STRONG.append(Thing(number))
    WEAK.add(STRONG[-1])


def split(number):
    CHUNKS.setdefault(number % 7, []).append(Thing(number))


def in_instance_dict(number):
    setattr(SERVICE, "attribute_%d" % number, Thing(number))


STEPS = {
    "module_dict": lambda number: PLAIN.__setitem__(number, number),
    "class_list": lambda number: Registry.items.append(Thing(number)),
    "instance_dict": lambda number: REGISTRY.by_name.__setitem__("name-%d" % number, Thing(number)),
    "bounded_deque": lambda number: REGISTRY.queue.append(Thing(number)),
    "nested": lambda number: REGISTRY.nested["one"]["two"].append(Thing(number)),
    "slots": lambda number: SLOTTED.entries.append(Thing(number)),
    "ordered": lambda number: ORDERED.__setitem__(number, Thing(number)),
    "default_dict": lambda number: COUNTS[number],
    "subclass": lambda number: KEEPER.append(Thing(number)),
    "array": lambda number: NUMBERS.extend([0.5] * 50),
    "bytearray": lambda number: TEXT.extend(b"x" * 500),
    "bytes_io": lambda number: BUFFER.write(b"x" * 5000),
    "set": lambda number: SOMETHING.add(Thing(number)),
    "weak_set": in_weak_set,
    "method_cache": lambda number: Basket(number).total(2),
    "bounded_cache": bounded,
    "closure": count,
    "many_lists": split,
    "loggers": lambda number: logging.getLogger("request.%d" % number),
    "finalizers": lambda number: weakref.finalize(SERVICE, bytearray, 300),
    "exit": lambda number: atexit.register(bytearray, 300),
    "fork": lambda number: os.register_at_fork(before=Thing(number).payload.sort),
    "instance_attributes": in_instance_dict,
}


def grow(*steps):
    for number in range(10**9):
        for step in steps:
            step(number)
        time.sleep(PAUSE_S)


def local_list():
    kept = []
    while True:
        kept.append(Thing(len(kept)))
        time.sleep(PAUSE_S)


def generator():
    kept = []
    while True:
        kept.append(Thing(len(kept)))
        yield len(kept)


def wait_for_ever(event):
    event.wait()


def threads():
    event = threading.Event()
    while True:
        threading.Thread(target=wait_for_ever, args=(event,), daemon=True).start()
        time.sleep(0.05)


def uncollected():
    gc.disable()
    while True:
        thing = Thing(1)
        thing.itself = thing
        time.sleep(PAUSE_S)


async def listen(event):
    await event.wait()


async def tasks():
    event = asyncio.Event()
    kept = []
    while True:
        kept.append(asyncio.ensure_future(listen(event)))
        await asyncio.sleep(PAUSE_S)


def in_worker():
    worker = threading.Thread(target=local_list)
    worker.start()
    worker.join()


def main(name):
    print("began", flush=True)
    if name == "profiled":
        sys.setprofile(lambda *_: None)
        grow(STEPS["module_dict"])
    elif name == "all":
        grow(*STEPS.values())
    elif name == "generator":
        values = generator()
        grow(lambda number: next(values))
    elif name == "tasks":
        asyncio.run(tasks())
    else:
        {"local": local_list, "threads": threads, "uncollected": uncollected, "worker": in_worker}[name]()


if __name__ == "__main__":
    main(sys.argv[1])
