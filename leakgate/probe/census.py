"""Counting all that lives: how long every container is, and how many instances each type has.

Objects are taken a slice at a time, each in a few calls of C functions, so that the program goes on in between.
"""

from __future__ import annotations

import gc
import time
from _collections import _count_elements  # type: ignore[import-not-found]
from itertools import chain, compress, repeat
from operator import is_not, not_

from . import collect, gauges, main_thread, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import Any

    from .explain import Answer

_SLICE = 20_000
_MOST_LENGTHS = 250_000
"""Containers remembered between two moments; where there are more, the shortest are left out."""
_MOST_CPU_S = 2.5
_LONGEST_S = 8.0
_MOST_GROWN = 400
_PATIENCE_S = 0.5


class Grown:
    """A container that is longer than it was."""

    __slots__ = ("lengths", "measure", "thing")

    def __init__(self, thing: object, measure: plain.Length, lengths: list[int]) -> None:
        self.thing, self.measure, self.lengths = thing, measure, lengths

    def look(self) -> None:
        """Its length now, for `lengths`."""
        self.lengths.append(self.measure(self.thing))


class Census:
    """Two full counts; what grew from the first to the second is kept in sight."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._measures = plain.lengths()
        self._often_missed = plain.untracked()
        self._before: dict[int, int] | None = None
        self._shortest = 0
        self._objects: list[object] = []
        self.type_names: dict[int, tuple[str, int]] = {}
        """Name and size of an instance, by the id of the type."""
        self.type_counts: list[dict[int, int]] = []
        self.grown: list[Grown] = []
        self.objects = 0

    def count(self) -> Generator[float]:
        """Count everything; the second time, fill `grown`."""
        self._answer.held((yield from collect.settle()))  # so that all that stays is of the oldest generation
        before = time.perf_counter()
        self._objects = live_objects()
        self._answer.held(time.perf_counter() - before)
        self.objects = len(self._objects)
        lengths: dict[int, int] = {}
        counts: dict[int, int] = {}
        started, started_cpu = time.monotonic(), gauges.cpu_time()
        try:
            for start in range(0, self.objects, _SLICE):
                before = time.perf_counter()
                self._take(self._objects[start : start + _SLICE], lengths, counts)
                self._answer.held(time.perf_counter() - before)
                if gauges.cpu_time() - started_cpu > _MOST_CPU_S or time.monotonic() - started > _LONGEST_S:
                    share = 100 * start // self.objects
                    self._answer.note("%d objects live: %d %% of them were looked at" % (self.objects, share))
                    break
                yield 0.0
        finally:
            self.type_counts.append(counts)
            if self._before is None:
                self._before = lengths
            else:
                self._before = {}
                self.grown.sort(key=lambda one: one.lengths[0] - one.lengths[1])
                del self.grown[_MOST_GROWN:]
        yield from drop(self._objects)

    def _take(self, things: list[object], lengths: dict[int, int], counts: dict[int, int]) -> None:
        kinds = list(map(id, map(type, things)))
        self._meet(things, kinds)
        _count_elements(counts, kinds)
        self._measure(list(compress(things, map(self._measures.__contains__, kinds))), lengths)
        referents = gc.get_referents(*things)
        if self._before is not None:
            referents = list(compress(referents, map(self._before.__contains__, map(id, referents))))
        found = list(compress(referents, map(self._often_missed.__contains__, map(id, map(type, referents)))))
        self._measure(list(compress(found, map(not_, map(gc.is_tracked, found)))), lengths)

    def _meet(self, things: list[object], kinds: list[int]) -> None:
        """Sort out the types that were not met before."""
        for new in set(kinds).difference(self.type_names):
            kind = type(things[kinds.index(new)])
            self.type_names[new] = plain.type_name(kind), plain.instance_size(kind)
            measure = plain.measure_of(kind) if new not in self._measures else None
            if measure is not None:
                self._measures[new] = measure

    def _measure(self, containers: list[object], lengths: dict[int, int]) -> None:
        measures = self._measures
        if self._before is None:
            for thing in containers:
                length = measures[id(type(thing))](thing)
                if length >= self._shortest:
                    lengths[id(thing)] = length
            if len(lengths) > _MOST_LENGTHS:
                self._forget_short_ones(lengths)
            return
        known = self._before
        for thing in compress(containers, map(known.__contains__, map(id, containers))):
            measure = measures[id(type(thing))]
            length = measure(thing)
            earlier = known.get(id(thing), length)
            if length > earlier:
                del known[id(thing)]
                self.grown.append(Grown(thing, measure, [earlier, length]))

    def _forget_short_ones(self, lengths: dict[int, int]) -> None:
        while len(lengths) > _MOST_LENGTHS // 2:
            self._shortest = 2 * self._shortest + 1
            for key in [key for key, length in lengths.items() if length < self._shortest]:
                del lengths[key]


def live_objects() -> list[object]:
    """The objects of the oldest generation but tuples, as no Python code ever sees them while they are being made.

    A tuple that `tuple(iterable)` still fills is tracked already, and CPython refuses to resize it once anybody else
    refers to it: the program would die of a SystemError (Objects/tupleobject.c, `_PyTuple_Resize`). So the list that
    `gc` gives must never be alive while another thread runs. One chain of C iterators does it: it asks `gc` twice,
    once for the objects and once for their types, and both answers are alike, for nothing runs in between; the links
    of the chain are too young to be among the objects. What is younger than the last full collection is missed; where
    the collector is off, nothing moves between the generations, and all of them can be asked.
    """
    generations = (2,) if gc.isenabled() else (2, 1, 0)
    return list(compress(_tracked(generations), map(is_not, map(type, _tracked(generations)), repeat(tuple))))


def _tracked(generations: tuple[int, ...]) -> Iterator[object]:
    return chain.from_iterable(map(gc.get_objects, generations))


def drop(things: list[Any]) -> Generator[float]:
    """Let go of objects on the main thread: should one have died meanwhile, its finalizer runs where it must."""
    done = yield from main_thread.call(things.clear, patience_s=_PATIENCE_S)
    if not done.made:
        things.clear()
