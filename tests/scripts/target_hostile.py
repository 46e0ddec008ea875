"""Leaks objects whose methods must not be called: each of them prints to stderr, or returns a wrong value."""
import collections
import os
import sys
import threading
import time
import weakref

MAIN = threading.get_ident()


def caught(what):
    sys.stderr.write("touched: %s\n" % what)
    sys.stderr.flush()
    os._exit(9)


class LyingType(type):
    def __getattribute__(cls, name):
        caught("metaclass __getattribute__ " + name)

    def __hash__(cls):
        caught("metaclass __hash__")

    def __eq__(cls, other):
        caught("metaclass __eq__")

    def __instancecheck__(cls, other):
        caught("__instancecheck__")

    def __len__(cls):
        caught("metaclass __len__")


class Hostile(metaclass=LyingType):
    def __init__(self, number):
        object.__setattr__(self, "number", number)

    def __getattribute__(self, name):
        caught("__getattribute__ " + name)

    def __setattr__(self, name, value):
        caught("__setattr__")

    def __repr__(self):
        caught("__repr__")

    def __eq__(self, other):
        caught("__eq__")

    def __hash__(self):
        caught("__hash__")

    def __len__(self):
        caught("__len__")

    def __bool__(self):
        caught("__bool__")

    def __sizeof__(self):
        caught("__sizeof__")

    def __iter__(self):
        caught("__iter__")

    @property
    def __class__(self):
        caught("__class__")

    @property
    def __dict__(self):
        caught("__dict__")


class Mortal:
    """Must be freed on the main thread, where it was used.

    It is not in a cycle, because cycles are collected on any thread.
    """

    def __del__(self):
        if threading.get_ident() != MAIN:
            caught("__del__ on another thread")


class Names(dict):
    def _no(self, *_):
        caught("method of a dict")

    __len__ = __iter__ = __getitem__ = __contains__ = keys = values = items = get = __repr__ = __bool__ = _no


class Rows(list):
    def _no(self, *_):
        caught("method of a list")

    __len__ = __iter__ = __getitem__ = __contains__ = __repr__ = __bool__ = __eq__ = _no


class Ring(collections.deque):
    def _no(self, *_):
        caught("method of a deque")

    __len__ = __iter__ = __getitem__ = __contains__ = __repr__ = __bool__ = _no

    @property
    def maxlen(self):
        caught("maxlen")


class Holder:
    def __init__(self):
        self.rows = Rows()
        self.names = Names()
        self.ring = Ring()
        self.plain = []

    def __getattr__(self, name):
        caught("__getattr__ " + name)


class Slotted:
    __slots__ = ("entries", "unset")


class Proxy:
    def __init__(self, target):
        object.__setattr__(self, "_target", target)

    @property
    def __class__(self):
        return dict

    def __getattr__(self, name):
        caught("proxy " + name)


class Strange(str):
    def __eq__(self, other):
        caught("__eq__ of a key")

    def __hash__(self):
        return id(self)

    def isidentifier(self):
        caught("isidentifier")


HOLDER = Holder()
SLOTTED = Slotted()
SLOTTED.entries = []
PROXY = Proxy({})
SECRETS = {}


def step(number):
    hostile = Hostile(number)
    list.append(HOLDER.rows, hostile)
    dict.__setitem__(HOLDER.names, number, hostile)
    collections.deque.append(HOLDER.ring, hostile)
    HOLDER.plain.append(Proxy(number))
    SLOTTED.entries.append(weakref.ref(HOLDER))
    SECRETS["password-%d" % number] = {Strange("secret-%d" % number): bytearray(200)}
    mortals = [Mortal() for _ in range(200)]
    mortals.clear()


def main():
    number = 0
    print("began", flush=True)
    while True:
        number += 1
        step(number)
        time.sleep(0.002)


if __name__ == "__main__":
    main()
