"""Which routes are asked in which turn. Pure, but for chance.

Growth is charged to routes by comparing turns, so a turn should hold as few routes as possible, and every route should
have several turns within the time that a script is watched. With many routes, each round puts other ones together.
"""

from collections.abc import Iterator
from math import ceil, gcd
from random import Random
from typing import Final

MOST_TURNS_A_ROUND: Final = 8
"""At 0.42 s a turn, every route has six turns in 20 s."""
MOST_EXTRA: Final = 8
"""A weight counts for at most this many turns a round."""


def rounds(weights: tuple[int, ...], chance: Random) -> Iterator[tuple[int, ...]]:
    """Endless turns; each is the routes that are asked in it. ``weights``: how often it is each route's turn."""
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
    """The weights as small whole numbers."""
    common = gcd(*weights)
    reduced = [weight // common for weight in weights]
    most = max(reduced)
    if most <= MOST_EXTRA:
        return tuple(reduced)
    return tuple(max(1, round(weight * MOST_EXTRA / most)) for weight in reduced)
