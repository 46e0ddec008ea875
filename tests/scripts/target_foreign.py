"""Fills lists with objects that own memory outside the heap, and with others that do not."""

import datetime
import mmap
import sqlite3
import sys
import time


class Sheet:
    def __init__(self):
        self.base = sqlite3.connect(":memory:")


class Slotted:
    __slots__ = ("__weakref__", "name")


MAPS, VIEWS, SHEETS, TIMES, SLOTTED, SHARED, TEXTS = [], [], [], [], [], [], []
CONNECTION = sqlite3.connect(":memory:")
print("began", flush=True)
until = time.monotonic() + float(sys.argv[1])
while time.monotonic() < until:
    MAPS.append(mmap.mmap(-1, 4096))
    VIEWS.append(memoryview(bytearray(200)))
    SHEETS.append(Sheet())
    TIMES.append(datetime.datetime.now(tz=datetime.timezone.utc))
    SLOTTED.append(Slotted())
    SHARED.append([CONNECTION])
    TEXTS.append("text %d" % len(TEXTS))
    time.sleep(0.02)
