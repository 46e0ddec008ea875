"""Which routes get requests in which turn. Pure, except for random numbers.

leakgate assigns growth to routes by comparing turns. So a turn should have as few routes as possible, and every route
should have several turns within the watch. With many routes, each round combines them in another way.
"""

from collections.abc import Iterator
from math import ceil, gcd
from random import Random
from typing import Final

MOST_TURNS_A_ROUND: Final = 8
"""With 0.42 s for each turn, every route has about six turns in 20 s."""
MOST_EXTRA: Final = 8
"""Largest number of turns in a round for one weight."""


def rounds(weights: tuple[int, ...], chance: Random) -> Iterator[tuple[int, ...]]:
    """Yield turns without end, each as the numbers of its routes. ``weights``: how often each route gets a turn."""
    if len(weights) == 1:
        while True:
            yield (0,)
    shares = _shares(weights)
    entries = [route for route, share in enumerate(shares) for _ in range(share)]
    size = ceil(len(set(entries)) / MOST_TURNS_A_ROUND)
    while True:
        chance.shuffle(entries)
        yield from (tuple(entries[at : at + size]) for at in range(0, len(entries), size))


def _shares(weights: tuple[int, ...]) -> tuple[int, ...]:
    """Return the weights as small whole numbers."""
    common = gcd(*weights)
    reduced = [weight // common for weight in weights]
    most = max(reduced)
    if most <= MOST_EXTRA:
        return tuple(reduced)
    return tuple(max(1, round(weight * MOST_EXTRA / most)) for weight in reduced)
