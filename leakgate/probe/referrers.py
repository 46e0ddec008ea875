"""The path to an object that the walk from the roots did not reach: found from its referrers upwards."""

from __future__ import annotations

import gc
from _operator import is_not
from itertools import chain, compress, repeat, starmap

from . import naming, plain
from .census import Grown
from .kinds import FrameType
from .system import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .answer import Answer
    from .paths import Walk

_MOST_PASSES = 40
"""Limit for the passes. Each pass reads every object of the program, and holds the program during that time."""
_MOST_LEVELS = 8
_WIDEST = 24


class Climb:
    """Follows referrers upwards to an object that the walk has reached, or to a class or a frame, which have names."""

    def __init__(self, answer: Answer, walk: Walk) -> None:
        self._answer = answer
        self._walk = walk
        self._passes = 0
        self._level: list[object] = []
        self._above: list[object] = []
        self._below: dict[int, object] = {}
        """The next object on the way down, by the id of an object."""
        self.given_up = 0
        """Number of objects whose path was not searched to the end."""

    def path_to(self, thing: object) -> naming.Path | None:
        """Return the path to an object; None if the path leads through the probe, or if a limit is reached."""
        try:
            return self._climb(thing)
        finally:
            for own in (self._level, self._above):
                own.clear()
            self._below.clear()

    def _climb(self, thing: object) -> naming.Path | None:
        self._level.append(thing)
        met = {id(thing)}
        for _ in range(_MOST_LEVELS):
            if self._passes >= _MOST_PASSES or self._walk.is_late():
                self.given_up += 1
                return None
            self._look_up(met)
            if not self._above:
                break
            if any(map(naming.belongs_to_probe, self._above)):
                return None
            for one in self._above:
                chain = self._walk.chain_to(one)
                if chain is not None:
                    return self._walk.name(chain + self._down(one, thing)[1:])
            named = next((one for one in self._above if _has_name(one)), None)
            if named is not None:
                return naming.name_rootless(self._down(named, thing), "")
            self._above.sort(key=lambda one: plain.is_kind(type(one), list, tuple))
            self._level[:] = self._above[:_WIDEST]
            met.update(map(id, self._level))
        if self._level[0] is thing:
            return naming.unreferred(thing)
        return naming.name_rootless(self._down(self._level[0], thing), "object")

    def _look_up(self, met: set[int]) -> None:
        """Fill `_above` with the objects that refer to the level and do not belong to the probe."""
        self._passes += 1
        before = system.perf_counter()
        referrers = _referrers_of(*self._level)
        self._answer.held(system.perf_counter() - before)
        self._above[:] = [one for one in referrers if id(one) not in met and not self._is_own(one)]
        referrers.clear()
        lower = {id(one) for one in self._level}
        for one in self._above:
            for child in plain.referents(one):
                if id(child) in lower:
                    self._below.setdefault(id(one), child)

    def _is_own(self, one: object) -> bool:
        if type(one) is FrameType:
            return naming.belongs_to_probe(one)
        ours = (self._level, self._above, self._below, self._walk.things)
        return type(one) is Grown or any(one is own for own in ours)

    def _down(self, top: object, thing: object) -> list[object]:
        chain = [top]
        while chain[-1] is not thing and id(chain[-1]) in self._below:
            chain.append(self._below[id(chain[-1])])
        return chain


def _referrers_of(*things: object) -> list[object]:
    """Return the referrers of objects, without tuples: a tuple may not be complete yet, see `tracked`."""
    found, kinds = (chain.from_iterable(starmap(gc.get_referrers, (things,))) for _ in range(2))
    return list(compress(found, map(is_not, map(type, kinds), repeat(tuple))))


def _has_name(one: object) -> bool:
    return type(one) is FrameType or plain.is_kind(type(one), type)
