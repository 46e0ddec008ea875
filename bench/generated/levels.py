"""How many bytes each part of a generated program holds, tick by tick.

A simulation uses these levels directly. The real program creates and drops objects to follow them. It runs by itself,
so this module uses only the standard library.
"""

import math
import random
from collections.abc import Callable, Iterator

from bench.generated.programs import Part

TICK_S = 0.02
MEMBERS = 8
"""Most members that a pool opens."""
Levels = Iterator[float]
Chance = random.Random


def levels(part: Part, chance: Chance) -> Levels:
    """Yield the bytes that the part holds at each tick, without end."""
    return LEVELS[part.pattern or part.kind](part, chance)


def _filled(part: Part, _chance: Chance) -> Levels:
    t = 0.0
    while True:
        t += TICK_S
        yield part.size * min(1.0, t / part.time_s)


def _memo(part: Part, chance: Chance) -> Levels:
    level, entry = 0.0, part.size / 2000
    while True:
        asked = 2000 * TICK_S / part.time_s
        for _ in range(_count(asked, chance)):
            level += entry * (chance.random() > level / part.size)
        yield level


def _nothing(_part: Part, _chance: Chance) -> Levels:
    while True:
        yield 0.0


def _batch(part: Part, chance: Chance) -> Levels:
    while True:
        ticks = max(2, round(part.time_s * chance.uniform(0.8, 1.2) / TICK_S))
        size = part.size * chance.uniform(0.8, 1.2)
        yield from (size * tick / ticks for tick in range(ticks))


def _queue(part: Part, chance: Chance) -> Levels:
    kept, off = math.exp(-TICK_S / part.time_s), chance.gauss(0.0, 1.0)
    while True:
        off = kept * off + chance.gauss(0.0, math.sqrt(1 - kept * kept))
        yield part.size * max(0.0, 2.5 + off)


def _loading(part: Part, chance: Chance) -> Levels:
    marks = sorted(chance.uniform(0.0, part.time_s) for _ in range(12))
    sizes = [chance.uniform(0.2, 1.8) * part.size / len(marks) for _ in marks]
    t = 0.0
    while True:
        t += TICK_S
        yield sum(size for mark, size in zip(marks, sizes, strict=True) if mark <= t)


def _pool(part: Part, chance: Chance) -> Levels:
    level, t, opened = 0.0, 0.0, 0
    next_s = 0.0
    while True:
        t += TICK_S
        while opened < MEMBERS and t >= next_s:
            level += part.size / MEMBERS * chance.uniform(0.5, 1.5)
            opened += 1
            next_s = t + chance.expovariate(MEMBERS / part.time_s)
        yield level


def _renewed(part: Part, _chance: Chance) -> Levels:
    """Yield the level of twenty buffers; while one is renewed, the old one is already gone."""
    t = 0.0
    while True:
        t += TICK_S
        missing = (t / part.time_s * 20) % 1 < 0.1
        yield part.size * (0.95 if missing else 1.0)


def _temporary(part: Part, chance: Chance) -> Levels:
    while True:
        ticks = max(5, round(part.time_s * chance.uniform(0.6, 1.4) / TICK_S))
        yield from [0.0] * (ticks - ticks // 5)
        yield from [part.size * chance.uniform(0.7, 1.3)] * (ticks // 5)


def _steady(part: Part, _chance: Chance) -> Levels:
    return _leaking(lambda _t: part.per_s)


def _random(part: Part, chance: Chance) -> Levels:
    """Yield the level of a leak with requests at random times: it is as even as the requests are."""
    level, loss = 0.0, max(200.0, part.per_s / 20)
    while True:
        level += loss * _count(part.per_s * TICK_S / loss, chance)
        yield level


def _bursts(part: Part, chance: Chance) -> Levels:
    level = 0.0
    while True:
        ticks = max(1, round(part.time_s * chance.uniform(0.9, 1.1) / TICK_S))
        yield from [level] * ticks
        level += part.per_s * ticks * TICK_S


def _late(part: Part, _chance: Chance) -> Levels:
    return _leaking(lambda t: part.per_s if t >= part.time_s else 0.0)


def _uneven(part: Part, chance: Chance) -> Levels:
    """Yield the level of a leak whose rate varies with the load."""
    kept, off = math.exp(-TICK_S / 1.5), 0.0

    def rate(_t: float) -> float:
        nonlocal off
        off = kept * off + chance.gauss(0.0, 0.4 * math.sqrt(1 - kept * kept))
        return max(0.0, part.per_s * (1 + off))

    return _leaking(rate)


def _slower(part: Part, _chance: Chance) -> Levels:
    """Yield the level of a leak on a machine that gets busier: after twice the start time, it has 70 % of its rate."""
    return _leaking(lambda t: part.per_s * (0.7 if t > 2 * part.time_s else 1.0))


def _leaking(rate: Callable[[float], float]) -> Levels:
    level, t = 0.0, 0.0
    while True:
        t += TICK_S
        level += rate(t) * TICK_S
        yield level


def _count(mean: float, chance: Chance) -> int:
    """Return how many random events occur in a tick, with this mean (Poisson)."""
    count, left = 0, math.exp(-mean)
    product = chance.random()
    while product > left:
        product *= chance.random()
        count += 1
    return count


LEVELS: dict[str, Callable[[Part, Chance], Levels]] = {
    "cache": _filled,
    "ring": _filled,
    "memo": _memo,
    "garbage": _nothing,
    "batch": _batch,
    "queue": _queue,
    "loading": _loading,
    "pool": _pool,
    "buffers": _renewed,
    "temporary": _temporary,
    "steady": _steady,
    "random": _random,
    "bursts": _bursts,
    "late": _late,
    "uneven": _uneven,
    "slower": _slower,
}
"""Function by the pattern of a leak, or by the kind of a healthy part."""
