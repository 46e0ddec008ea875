"""What a generated program is made of. The seed decides: the same seed gives the same program, for ever.

A program is a few parts. Each part does one thing that real programs do: it caches, loads, makes garbage, works in
batches, has a queue that wanders, or leaks. Half of the programs have one part that leaks; the other parts are healthy.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

KB: Final = 1_000.0
MB: Final = 1_000_000.0
HEALTHY: Final = {
    "cache": ((50 * KB, 20 * MB), (1.0, 14.0)),  # fills at an even pace, and then renews what it holds
    "memo": ((50 * KB, 20 * MB), (0.5, 6.0)),  # is asked at random: the more it holds, the fewer answers are new
    "ring": ((50 * KB, 20 * MB), (1.0, 14.0)),  # as a cache, but the oldest goes
    "garbage": ((20 * KB, 4 * MB), (1.0, 1.0)),  # cycles, which wait for the collector
    "batch": ((50 * KB, 8 * MB), (0.4, 7.0)),  # a result grows, and is dropped
    "queue": ((10 * KB, 1 * MB), (0.3, 6.0)),  # wanders about a mean
    "loading": ((200 * KB, 20 * MB), (1.0, 9.0)),  # rises by fits and starts, and is done
    "pool": ((50 * KB, 4 * MB), (2.0, 12.0)),  # opens a further member now and then, up to eight
    "buffers": ((200 * KB, 8 * MB), (0.5, 5.0)),  # a few large buffers, each renewed when its turn comes
    "temporary": ((100 * KB, 10 * MB), (0.5, 6.0)),  # large for a moment, now and then
}
"""What healthy parts do: sizes in bytes (of garbage: bytes a second), and how long they take, in seconds."""
PATTERNS: Final = ("steady", "random", "bursts", "late", "uneven", "slower")
KEEPERS: Final = ("objects", "entries", "callbacks", "texts", "buffers", "native")
SLOWEST_LEAK: Final = 5 * KB
"""Bytes per second; the slowest leak that is promised to be found is 4 KB/s in a quiet program."""
FASTEST_LEAK: Final = 2 * MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that a program does."""

    kind: str
    """One of ``HEALTHY``, or ``leak``."""
    size: float = 0.0
    """Bytes: how much it holds when it is full, or how far it swings."""
    per_s: float = 0.0
    """Bytes per second: how fast it leaks, makes garbage, or renews what it holds."""
    time_s: float = 0.0
    """Seconds: how long it takes to fill, or its period, or the time constant of a queue."""
    pattern: str = ""
    """How a leak proceeds: one of ``PATTERNS``."""
    keeper: str = ""
    """What a leak keeps: one of ``KEEPERS``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A generated program and its answer."""

    seed: int
    parts: tuple[Part, ...]
    work_ms: float
    """How long it computes in every 20 ms, beside its parts."""
    gc_enabled: bool = field(default=True)

    @property
    def name(self) -> str:
        """Its seed, its answer, and its parts."""
        parts = "+".join(part.kind if part.kind != "leak" else f"leak-{part.pattern}" for part in self.parts)
        return f"g{self.seed:03}-{'leak' if self.leak else 'ok'}-{parts}"

    @property
    def leak(self) -> Part | None:
        """The part that leaks, None where none does."""
        return next((part for part in self.parts if part.kind == "leak"), None)

    @property
    def swing(self) -> float:
        """Bytes by which what is in use comes and goes; a slow leak beneath a large swing takes long to show."""
        return math.hypot(*(part.size for part in self.parts if part.kind in ("batch", "queue", "temporary")), 0.0)


def program(seed: int) -> Program:
    """The program of a seed: odd seeds leak."""
    chance = random.Random(f"leakgate {seed}")  # noqa: S311 - no secret
    kinds = chance.sample(list(HEALTHY), chance.choice((1, 2, 2, 3, 3, 4)))
    parts = [_healthy(kind, chance) for kind in kinds]
    if seed % 2:
        parts.append(_leak(chance))
    return Program(seed=seed, parts=tuple(parts), work_ms=chance.choice((0.0, 1.0, 3.0)))


def programs(count: int, first: int = 0) -> Iterator[Program]:
    """The programs of ``count`` seeds."""
    return map(program, range(first, first + count))


def _between(chance: random.Random, low: float, high: float) -> float:
    """A figure between two others, as often in each doubling."""
    return math.exp(chance.uniform(math.log(low), math.log(high)))


def _healthy(kind: str, chance: random.Random) -> Part:
    sizes, times_s = HEALTHY[kind]
    size = _between(chance, *sizes)
    if kind == "garbage":
        return Part(kind=kind, per_s=size)
    return Part(kind=kind, size=size, time_s=_between(chance, *times_s))


def _leak(chance: random.Random) -> Part:
    pattern = chance.choice(PATTERNS)
    return Part(
        kind="leak",
        per_s=_between(chance, SLOWEST_LEAK, FASTEST_LEAK),
        time_s=_between(chance, 1.0, 5.0) if pattern == "bursts" else _between(chance, 2.0, 7.0),
        pattern=pattern,
        keeper=chance.choice(KEEPERS),
    )
