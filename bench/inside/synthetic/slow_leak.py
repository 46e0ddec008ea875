"""A quiet program that loses SHAPE at BYTES_PER_S: it does a little work fifty times a second, and sleeps otherwise."""

import ctypes
import sys
import time

TICK_S = 0.02
shape, bytes_per_s = sys.argv[1], float(sys.argv[2])

kept = []
table = {}


class Session:
    """An object that should have been dropped."""

    def __init__(self, number):
        self.number = number
        self.name = "session-%d" % number


def lose_objects(number):
    """An instance, its dictionary and a string."""
    kept.append(Session(number))
    return 200


def lose_entries(number):
    """Keep a key and a value in a table that is never cleaned."""
    table["request-%d" % number] = "answer to request %d" % number
    return 190


def lose_buffers(number):
    """A buffer of a size that Python's own allocator does not handle."""
    kept.append(bytearray(2000 + number % 7))
    return 2080


malloc = ctypes.CDLL(None).malloc
malloc.restype, malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]


def lose_native(number):
    """Memory that an extension module forgets to free."""
    ctypes.memset(malloc(1000), number % 256, 1000)
    return 1008


lose = {"objects": lose_objects, "entries": lose_entries, "buffers": lose_buffers, "native": lose_native}[shape]
began = time.monotonic()
lost = number = 0
while True:
    ",".join(str(part) for part in range(50)).split(",")
    while lost < bytes_per_s * (time.monotonic() - began):
        lost += lose(number)
        number += 1
    time.sleep(TICK_S)
