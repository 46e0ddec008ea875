"""The readings of a generated program without running it: its levels, and the noise of real counters.

Imitated properties of real recordings: late readings, blocks of 60 to 110 bytes, garbage that waits for the collector,
a thread cache of the C allocator that fills for some time, and pages that follow in steps and are kept.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from bench.generated.levels import TICK_S, levels
from bench.generated.programs import KB, MB, Part, Program
from tests.helpers.trials import Recording

READ_S: Final = 0.1
COLLECT_S: Final = 2.0
"""Seconds between full collections, as in the real recordings."""
ARENA: Final = 1 << 20
TOP_PAD: Final = 128 << 10
NATIVE_KEEPERS: Final = ("buffers", "native")
NATIVE_KINDS: Final = ("buffers", "temporary")


@dataclass(slots=True)
class Garbage:
    """Cycles that wait for the collector."""

    per_s: float
    most: float
    held: float = 0.0

    def tick(self) -> float:
        """Return the bytes that wait after one more tick."""
        self.held += self.per_s * TICK_S
        if self.held > self.most:
            self.held = 0.0
        return self.held


def simulated(program: Program, end_s: float) -> Recording:
    """Return the readings of ``end_s`` seconds of the program; they are the same on every call."""
    chance = random.Random(f"readings {program.seed}")  # noqa: S311 - no secret
    block = chance.uniform(60.0, 110.0)
    rows = list(_rows(program, end_s, chance))
    columns = {
        "t_s": tuple(row[0] for row in rows),
        "blocks": tuple(float(round(row[1] / block)) for row in rows),
        "native": tuple(float(round(row[2])) for row in rows),
        "anon": tuple(float(4096 * round(row[3] / 4096)) for row in rows),
        "settled": tuple(float(row[4]) for row in rows),
    }
    return Recording(columns)


def _rows(program: Program, end_s: float, chance: random.Random) -> Iterator[tuple[float, float, float, float, bool]]:
    """Yield (seconds, heap, native, resident, whether right after a collection)."""
    heap_base, native_base = chance.uniform(3, 20) * MB, chance.uniform(1, 8) * MB
    cache_most, cache_s = chance.uniform(4, 24) * KB, chance.uniform(2, 8)
    garbage = _garbage_of(program, chance)
    read_s, collect_s, high = READ_S, COLLECT_S, 0.0
    for tick, (heap, native) in enumerate(islice(_in_use(program), int(end_s / TICK_S)), 1):
        t = tick * TICK_S
        litter = sum(one.tick() for one in garbage)
        stirring = 3 * KB * math.log1p(t) + abs(chance.gauss(0.0, 1 * KB))
        heap_now = heap_base + heap + stirring
        native_now = native_base + native + cache_most * (1 - math.exp(-t / cache_s)) + abs(chance.gauss(0, 0.5 * KB))
        high = max(high, ARENA * math.ceil((heap_now + litter) / ARENA) + TOP_PAD * math.ceil(native_now / TOP_PAD))
        if t >= read_s:
            read_s = t + READ_S * (1.0 if chance.random() < 0.97 else chance.uniform(2.0, 5.0)) - TICK_S / 2
            yield t, heap_now + litter, native_now, high, False
        if t >= collect_s:
            collect_s += COLLECT_S
            for one in garbage:
                one.held = 0.0
            yield t + 0.005, heap_now, native_now, high, True


def _garbage_of(program: Program, chance: random.Random) -> list[Garbage]:
    return [
        Garbage(part.per_s, math.exp(chance.uniform(math.log(70 * KB), math.log(8 * MB))))
        for part in program.parts
        if part.kind == "garbage"
    ]


def _in_use(program: Program) -> Iterator[tuple[float, float]]:
    """Yield (heap, native) of all parts together, at each tick."""
    parts = [(part, levels(part, random.Random(index))) for index, part in enumerate(program.parts)]  # noqa: S311
    while True:
        heap = native = 0.0
        for part, level in parts:
            if _is_native(part):
                native += next(level)
            else:
                heap += next(level)
        yield heap, native


def _is_native(part: Part) -> bool:
    return part.keeper in NATIVE_KEEPERS if part.keeper else part.kind in NATIVE_KINDS
