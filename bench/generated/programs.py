"""The parts of a generated program. They follow from the seed: the same seed always gives the same program.

A program has a few parts. Each part does one thing that real programs do: it caches, loads, makes garbage, works in
batches, has a queue of varying length, or leaks. Half of the programs have one leaking part; other parts are healthy.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

KB: Final = 1_000.0
MB: Final = 1_000_000.0
HEALTHY: Final = {
    "cache": ((50 * KB, 20 * MB), (1.0, 14.0)),  # fills evenly, then renews its entries
    "memo": ((50 * KB, 20 * MB), (0.5, 6.0)),  # random requests: the more it holds, the fewer answers are new
    "ring": ((50 * KB, 20 * MB), (1.0, 14.0)),  # like a cache, but drops the oldest entry
    "garbage": ((20 * KB, 4 * MB), (1.0, 1.0)),  # cycles, which wait for the collector
    "batch": ((50 * KB, 8 * MB), (0.4, 7.0)),  # a result grows and is dropped
    "queue": ((10 * KB, 1 * MB), (0.3, 6.0)),  # varies around a mean
    "loading": ((200 * KB, 20 * MB), (1.0, 9.0)),  # rises in irregular steps, then stops
    "pool": ((50 * KB, 4 * MB), (2.0, 12.0)),  # opens another member from time to time, up to eight
    "buffers": ((200 * KB, 8 * MB), (0.5, 5.0)),  # a few large buffers, renewed in turn
    "temporary": ((100 * KB, 10 * MB), (0.5, 6.0)),  # large for a short time, again and again
}
"""Kinds of healthy parts: range of sizes in bytes (garbage: bytes per second), range of times in seconds."""
PATTERNS: Final = ("steady", "random", "bursts", "late", "uneven", "slower")
KEEPERS: Final = ("objects", "entries", "callbacks", "texts", "buffers", "native")
SLOWEST_LEAK: Final = 5 * KB
"""Bytes per second; the slowest leak that leakgate promises to find in a quiet program is 4 KB/s."""
FASTEST_LEAK: Final = 2 * MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a program."""

    kind: str
    """One of ``HEALTHY``, or ``leak``."""
    size: float = 0.0
    """Bytes that it holds when it is full, or by which it varies."""
    per_s: float = 0.0
    """Bytes per second that it leaks, makes as garbage, or renews."""
    time_s: float = 0.0
    """Seconds until it is full, or its period, or the time constant of a queue."""
    pattern: str = ""
    """The course of a leak: one of ``PATTERNS``."""
    keeper: str = ""
    """The kind of objects that a leak keeps: one of ``KEEPERS``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A generated program and its answer."""

    seed: int
    parts: tuple[Part, ...]
    work_ms: float
    """Milliseconds of computing in every 20 ms, besides the parts."""
    gc_enabled: bool = field(default=True)

    @property
    def name(self) -> str:
        """Return its seed, its answer, and its parts."""
        parts = "+".join(part.kind if part.kind != "leak" else f"leak-{part.pattern}" for part in self.parts)
        return f"g{self.seed:03}-{'leak' if self.leak else 'ok'}-{parts}"

    @property
    def leak(self) -> Part | None:
        """The part that leaks; None if no part leaks."""
        return next((part for part in self.parts if part.kind == "leak"), None)

    @property
    def swing(self) -> float:
        """Bytes by which memory in use varies; a slow leak below a large variation takes long to show."""
        return math.hypot(*(part.size for part in self.parts if part.kind in ("batch", "queue", "temporary")), 0.0)


def program(seed: int) -> Program:
    """Return the program of a seed. Odd seeds leak."""
    chance = random.Random(f"leakgate {seed}")  # noqa: S311 - no secret
    kinds = chance.sample(list(HEALTHY), chance.choice((1, 2, 2, 3, 3, 4)))
    parts = [_healthy(kind, chance) for kind in kinds]
    if seed % 2:
        parts.append(_leak(chance))
    return Program(seed=seed, parts=tuple(parts), work_ms=chance.choice((0.0, 1.0, 3.0)))


def programs(count: int, first: int = 0) -> Iterator[Program]:
    """Return the programs of ``count`` seeds."""
    return map(program, range(first, first + count))


def _between(chance: random.Random, low: float, high: float) -> float:
    """Return a random number between two others, uniform on a logarithmic scale."""
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
