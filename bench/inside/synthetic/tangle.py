"""A program with many live objects of all kinds, among them cycles and objects that raise errors, and a leaking list.

python tangle.py NUMBER: prints a line when all objects exist.
"""

import sys
import time
import weakref

NUMBER = int(sys.argv[1])


class Row:
    """An object with slots."""

    __slots__ = ("__weakref__", "fields", "number")

    def __init__(self, number):
        self.number = number
        self.fields = [number]


class Liar:
    """Pretends to be a dict, and raises an error on every access."""

    def __init__(self, number):
        object.__setattr__(self, "number", number)

    @property
    def __class__(self):
        return dict

    def __getattr__(self, name):
        raise RuntimeError(name)

    def __len__(self):
        raise RuntimeError

    __eq__ = __hash__ = __repr__ = __bool__ = __len__


def make(number):
    """Create two or three objects that the collector tracks."""
    kind = number % 6
    if kind == 0:
        return {"number": number, "values": [number]}
    if kind == 1:
        ring = [number]
        ring.append([ring])
        return ring
    if kind == 2:
        return [Liar(number), weakref.proxy(rows[-1]) if rows else None]
    if kind == 3:
        return (number, [str(number)], iter([number]))
    rows[:] = [Row(number)]
    return rows[0]


rows = []
live = [make(number) for number in range(2 * NUMBER // 5)]
leaked = []
print("ready", flush=True)
while True:
    leaked.append("session %d of %d" % (len(leaked), NUMBER))
    time.sleep(0.001)
