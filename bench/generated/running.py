"""Runs the program of a seed until it is stopped: python -m bench.generated.running SEED.

Its parts create and drop objects to follow their levels, fifty times a second. The rest of the time it sleeps.
"""

import ctypes
import random
import sys
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from bench.generated.levels import TICK_S, levels
from bench.generated.programs import Part, program

RECORD_BYTES = 200
"""Approximate size of a small object with its attributes."""
BUFFER_BYTES = 4_000
NATIVE_BYTES = 1_500


class Record:
    """A small object of the program."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.name = f"record {number}"


class Node:
    """Half of a cycle."""

    def __init__(self) -> None:
        self.other: Node | None = None


class Follower:
    """Holds the objects of a part; adds at one end and drops from the other."""

    def __init__(self, part: Part, chance: random.Random) -> None:
        self.levels, self.part = levels(part, chance), part
        self.renews = part.kind in ("cache", "ring")
        self.number = 0
        self.per_item, self.make = _maker(part)
        self.held: Any = OrderedDict() if part.keeper == "entries" or part.kind in ("cache", "memo") else deque()

    def follow(self) -> None:
        """Follow the level of the part for one tick; a full cache drops as much as it adds."""
        wanted = int(next(self.levels) / self.per_item)
        if self.renews:
            for _ in range(min(20, max(1, len(self.held) // 200))):
                self._add()
        while len(self.held) < wanted:
            self._add()
        while len(self.held) > wanted:
            self._drop()

    def _add(self) -> None:
        self.number += 1
        if isinstance(self.held, OrderedDict):
            self.held[f"key {self.number}"] = self.make(self.number)
        else:
            self.held.append(self.make(self.number))

    def _drop(self) -> None:
        if isinstance(self.held, OrderedDict):
            self.held.popitem(last=False)
        else:
            self.held.popleft()


def _maker(part: Part) -> tuple[float, Callable[[int], Any]]:
    """Return the bytes of an item, and the function that creates an item."""
    match part.keeper or part.kind:
        case "native":
            malloc = ctypes.CDLL(None).malloc
            malloc.restype = ctypes.c_void_p
            return NATIVE_BYTES + 16.0, partial(_native, malloc)
        case "buffers" | "temporary":
            return BUFFER_BYTES + 70.0, lambda number: bytearray(BUFFER_BYTES + number % 50)
        case "callbacks":
            return 250.0, lambda number: partial(print, Record(number))
        case "texts":
            return 330.0, lambda number: f"{number} " + "x" * 270
        case "entries" | "cache" | "memo":
            return RECORD_BYTES + 170.0, Record
        case _:
            return float(RECORD_BYTES), Record


def _native(malloc: Callable[[int], int], _number: int) -> None:
    place = malloc(NATIVE_BYTES)
    ctypes.memset(place, 1, NATIVE_BYTES)


def _garbage(part: Part) -> Iterator[None]:
    """Create cycles that only the collector frees."""
    owed = 0.0
    while True:
        owed += part.per_s * TICK_S
        while owed > 0:
            one, two = Node(), Node()
            one.other, two.other = two, one
            owed -= 400
        yield


def _work(work_ms: float) -> None:
    """Compute for some time without keeping anything."""
    until_s = time.perf_counter() + work_ms / 1000
    while time.perf_counter() < until_s:
        sorted(str(number) for number in range(40))


def main() -> None:
    """Run for ever. Ticks follow the clock, so a late tick is compensated."""
    described = program(int(sys.argv[1]))
    parts = list(enumerate(described.parts))
    followers = [Follower(part, random.Random(index)) for index, part in parts if part.kind != "garbage"]  # noqa: S311
    littering = [_garbage(part) for _, part in parts if part.kind == "garbage"]
    began_s, ticks = time.monotonic(), 0
    while True:
        for follower in followers:
            follower.follow()
        for litter in littering:
            next(litter)
        _work(described.work_ms)
        ticks += 1
        time.sleep(max(0.0, began_s + ticks * TICK_S - time.monotonic()))


if __name__ == "__main__":
    main()
