"""Counts all live objects: the length of every container, and the number of instances of each type.

The objects are counted in slices, each with a few calls of C functions, so that the program runs in between.
"""

from __future__ import annotations

import gc
import sys
from _collections import _count_elements  # type: ignore[import-not-found]
from _operator import gt, is_, is_not, not_
from itertools import compress, zip_longest

from . import collect, foreign, frozen, main_thread, object_sizes, plain, retained, tracked
from .awake import awake_s
from .system import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from typing import Any

    from .answer import Answer

_MODULE = id(type(gc))
_SLICE = 20_000
_MOST_LENGTHS = 250_000
"""Containers whose lengths are kept between the two counts. If there are more, the shortest are left out."""
_MOST_CPU_S = 2.5
_LONGEST_S = 8.0
_MOST_GROWN = 400
_MOST_KNOWN = 200_000
"""Instances whose id is kept, at about 60 bytes each."""
_LEAST_MORE = 5
_LEAST_SHARE = 0.1
"""A share of the growth of the fastest growing class. Classes that grow by less are ignored."""
_FORGOTTEN_LEVELS = 4
"""How deeply nested dicts that the collector does not track are searched."""
_MOST_FOLLOWED = 1_000
"""An untracked dict with more entries is not searched for further dicts: it is bulk data."""
_PATIENCE_S = 0.5
_OUR_REFERENCES = 2
"""References to a container that only `Grown` refers to: its own, and the argument of `getrefcount`."""
_OF_TWO_LISTS = 3
"""The same for an object to which only the list of all objects and a part of it refer."""
_OWN = __name__.rpartition(".")[0]


class Grown:
    """A container that is longer than at the first count."""

    __slots__ = ("_entry_bytes", "lengths", "measure", "thing")

    def __init__(self, thing: object, measure: plain.Length, lengths: list[int]) -> None:
        self.thing, self.measure, self.lengths = thing, measure, lengths
        self._entry_bytes = 0

    def look(self) -> None:
        """Append the length of the container now to `lengths`."""
        self.lengths.append(self.measure(self.thing))

    @property
    def is_longer(self) -> bool:
        """Whether it has grown since the last look."""
        return self.measure(self.thing) > self.lengths[-1]

    @property
    def grew_throughout(self) -> bool:
        """Whether it was longer at each look than at the previous one."""
        return all(later > earlier for earlier, later in zip(self.lengths, self.lengths[1:]))

    @property
    def never_shrank(self) -> bool:
        """Whether it was never shorter at a look than at the previous one."""
        return sorted(self.lengths) == self.lengths

    @property
    def is_only_ours(self) -> bool:
        """Whether the program has dropped the container. It may then be another object than at the first count: a
        copy that took the address of an earlier one."""
        return sys.getrefcount(self.thing) <= _OUR_REFERENCES

    @property
    def entry_bytes(self) -> int:
        """The approximate number of bytes that a new entry keeps alive; measured once, at the first access."""
        self._entry_bytes = self._entry_bytes or retained.entry_bytes(self.thing)
        return self._entry_bytes


class Census:
    """Two full counts. Containers and classes that grew from the first to the second are kept."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        measures = plain.lengths()
        self._plain = {kind for kind, measure in measures.items() if measure is len}
        """Ids of the types whose lengths `len` gives, for many objects in one C call."""
        self._measures = {kind: measure for kind, measure in measures.items() if measure is not len}
        self._often_missed = plain.untracked()
        self._before: dict[int, int] | None = None
        self._shortest = 0
        self._objects: list[object] = []
        self._own_kinds: set[int] = set()
        """Ids of the probe's own classes."""
        self._own: set[int] = set()
        """Ids of the containers that are attributes of their instances, which grow with every count and look. A search
        would wait for them to grow again, in vain."""
        self.type_names: dict[int, tuple[str, int]] = {}
        """Name and size of an instance, by the id of the type."""
        self.type_counts: list[dict[int, int]] = []
        self.grown: list[Grown] = []
        self.cut_short = False
        """Whether there were too many objects to count all of them."""
        self.objects = 0
        self.growing: dict[int, int] = {}
        """Number of instances, by the id of the class, for classes that have more instances than at the first count."""
        self.known: set[int] = set()
        """Ids of those instances."""
        self.of_python: set[int] = set()
        """Ids of the classes that are Python's own."""
        self.newest_sizes: dict[int, int] = {}
        """Mean bytes of one of the newest instances with its own memory, by the id of a growing class."""
        self.brought: dict[str, tuple[float, float]] = {}
        """For classes that the collector does not track: how many objects came with the new instances, and their bytes.
        """

    def count(self) -> Generator[float]:
        """Count all objects. The second call fills `grown` and `growing`. Yields seconds to wait."""
        # After a full collection, all objects that stay are in the oldest generation.
        recent = collect.is_recent()
        if not recent:
            self._answer.held((yield from collect.settle()))
        before = system.perf_counter()
        self._objects = live_objects(young=recent)
        self._answer.held(system.perf_counter() - before)
        if frozen.are_there():
            self._objects += yield from frozen.objects(self._objects, self._answer)
        self.objects = len(self._objects)
        lengths: dict[int, int] = {}
        counts: dict[int, int] = {}
        started, started_cpu = awake_s(), system.cpu_time()
        try:
            yield from self._measure_young(lengths)
            for done, start in enumerate(_from_both_ends(self.objects)):
                before = system.perf_counter()
                self._take(self._objects[start : start + _SLICE], lengths, counts)
                self._answer.held(system.perf_counter() - before)
                if system.cpu_time() - started_cpu > _MOST_CPU_S or awake_s() - started > _LONGEST_S:
                    self.cut_short = True
                    share = min(100, 100 * (done + 1) * _SLICE // self.objects)
                    self._answer.note("%d live objects: only %d %% of them were examined" % (self.objects, share))
                    break
                yield 0.0
            yield from self._measure_young(lengths)  # measure again: the program ran in between
            if self.type_counts:
                yield from self._know(counts)
            else:
                yield from self._forget_dropped(lengths)
        finally:
            self.type_counts.append(counts)
            if self._before is None:
                self._before = lengths
            else:
                self._before = {}
                self.grown[:] = [one for one in self.grown if id(one.thing) not in self._own]
                self.grown.sort(key=lambda one: one.lengths[0] - one.lengths[1])
                del self.grown[_MOST_GROWN:]
        yield from drop(self._objects)

    def _forget_dropped(self, lengths: dict[int, int]) -> Generator[float]:
        """Forget the objects to which only this count refers. A new and longer container may take their addresses."""
        for start in range(0, self.objects, _SLICE):
            things = self._objects[start : start + _SLICE]
            kept_by = map(sys.getrefcount, things)
            for dropped in compress(map(id, things), map(_OF_TWO_LISTS.__ge__, kept_by)):
                lengths.pop(dropped, None)
            yield 0.0

    def _measure_young(self, lengths: dict[int, int]) -> Generator[float]:
        """Measure the dicts that the collector did not track after the full collection, and tracks again now."""
        young = _young_dicts()
        self._measure_plain(young, lengths)
        yield from drop(young)

    def _know(self, counts: dict[int, int]) -> Generator[float]:
        """Keep the ids of the instances of the classes that have more instances than at the first count."""
        first = self.type_counts[0]
        more = {kind: count - first.get(kind, 0) for kind, count in counts.items()}
        least = max(_LEAST_MORE, _LEAST_SHARE * max(more.values(), default=0))
        room = _MOST_KNOWN
        for kind in sorted(more, key=lambda one: -more[one]):
            if more[kind] >= least and counts[kind] <= room and not self.type_names[kind][0].startswith(_OWN):
                room -= counts[kind]
                self.growing[kind] = counts[kind]
        self._weigh_newest(self._objects[-_SLICE:], more)
        for start in range(0, self.objects if self.growing else 0, _SLICE):
            self.known.update(map(id, self._instances(self._objects[start : start + _SLICE])))
            yield 0.0

    def _weigh_newest(self, things: list[object], more: dict[int, int]) -> None:
        """Measure a few of the newest instances of each growing class, and the objects that came with them.

        `more`: new instances.
        """
        newest: dict[int, list[object]] = {}
        for thing in reversed(self._instances(things)):
            few = newest.setdefault(id(type(thing)), [])
            if len(few) < retained.SAMPLE:
                few.append(thing)
        known: set[int] = set()
        for kind, few in newest.items():
            self.newest_sizes[kind] = sum(map(object_sizes.size, few)) // len(few)
            for name, (each, size) in retained.brought(few, known).items():
                count, together = self.brought.get(name, (0.0, 0.0))
                self.brought[name] = count + each * more[kind], together + each * more[kind] * size

    def grew(self, kind: int) -> int:
        """Return how many more instances a class had at the second count than at the first."""
        return self.type_counts[1].get(kind, 0) - self.type_counts[0].get(kind, 0)

    def _instances(self, things: list[object]) -> list[object]:
        return list(compress(things, map(self.growing.__contains__, map(id, map(type, things)))))

    def members(self) -> Generator[float, None, list[object]]:
        """Return all instances of the growing classes that are alive now; an empty list if there are too many."""
        found: list[object] = []
        self._answer.held((yield from collect.settle()))
        before = system.perf_counter()
        self._objects = live_objects()
        self._answer.held(system.perf_counter() - before)
        for start in range(0, len(self._objects), _SLICE):
            found += self._instances(self._objects[start : start + _SLICE])
            if len(found) > 2 * _MOST_KNOWN:
                found.clear()
                break
            yield 0.0
        yield from drop(self._objects)
        return found

    def _take(self, things: list[object], lengths: dict[int, int], counts: dict[int, int]) -> None:
        kinds = list(map(id, map(type, things)))
        here: dict[int, int] = {}
        _count_elements(here, kinds)
        for kind, count in here.items():
            if kind not in self.type_names:
                self._meet(type(things[kinds.index(kind)]))
            counts[kind] = counts.get(kind, 0) + count
        if not self._own_kinds.isdisjoint(here):
            self._know_own(compress(things, map(self._own_kinds.__contains__, kinds)))
        self._measure_plain(list(compress(things, map(self._plain.__contains__, kinds))), lengths)
        self._measure_others(list(compress(things, map(self._measures.__contains__, kinds))), lengths)
        self._take_missed(list(compress(things, map(_MODULE.__ne__, kinds))), lengths)  # see `plain.referents`

    def _take_missed(self, things: list[object], lengths: dict[int, int]) -> None:
        """Measure the untracked containers to which these refer; a dict inside such a one may be untracked too."""
        for _ in range(_FORGOTTEN_LEVELS):
            referents = gc.get_referents(*things)
            if self._before is not None:
                referents = list(compress(referents, map(self._before.__contains__, map(id, referents))))
            found = list(compress(referents, map(self._often_missed.__contains__, map(id, map(type, referents)))))
            missed = list(compress(found, map(not_, map(gc.is_tracked, found))))
            kinds = list(map(id, map(type, missed)))
            self._measure_plain(list(compress(missed, map(self._plain.__contains__, kinds))), lengths)
            self._measure_others(list(compress(missed, map(self._measures.__contains__, kinds))), lengths)
            things = [one for one in missed if type(one) is dict and len(one) <= _MOST_FOLLOWED]
            if not things:
                break

    def _know_own(self, instances: Iterable[object]) -> None:
        for one in instances:
            attributes = plain.namespace(one)
            values = list(attributes.values()) if attributes is not None else [value for _, value in plain.slots(one)]
            self._own.update(id(value) for value in values if plain.is_kind(type(value), dict, list, set))

    def _meet(self, kind: type) -> None:
        """Note the name, the size and the way to measure the length of a type that is seen for the first time."""
        self.type_names[id(kind)] = plain.type_name(kind), object_sizes.instance_size(kind)
        if self.type_names[id(kind)][0].startswith(_OWN):
            self._own_kinds.add(id(kind))
        if foreign.is_of_python(kind):
            self.of_python.add(id(kind))
        measure = plain.measure_of(kind) if id(kind) not in self._plain and id(kind) not in self._measures else None
        if measure is not None:
            self._measures[id(kind)] = measure

    def _measure_plain(self, containers: list[object], lengths: dict[int, int]) -> None:
        """Measure containers of built-in types, all of them with a few C calls."""
        known = self._before
        if known is not None:
            containers = list(compress(containers, map(known.__contains__, map(id, containers))))
        sizes = list(map(len, containers))  # type: ignore[arg-type]
        if known is None:
            long_enough = map(self._shortest.__le__, sizes)
            lengths.update(compress(zip(map(id, containers), sizes), long_enough))
            self._forget_short_ones(lengths)
            return
        earlier = list(map(known.get, map(id, containers), sizes))  # `_note` removes an object that it has seen
        for thing, before, now in compress(zip(containers, earlier, sizes), map(gt, sizes, earlier)):
            self._note(thing, len, before, now)

    def _measure_others(self, containers: list[object], lengths: dict[int, int]) -> None:
        """Measure containers of other types, such as subclasses of built-in types, one by one."""
        for thing in containers:
            measure = self._measures[id(type(thing))]
            length = measure(thing)
            if self._before is not None:
                before = self._before.get(id(thing), length)
                if length > before:
                    self._note(thing, measure, before, length)
            elif length >= self._shortest:
                lengths[id(thing)] = length
        self._forget_short_ones(lengths)

    def _note(self, thing: object, measure: plain.Length, before: int, now: int) -> None:
        if self._before is not None and self._before.pop(id(thing), None) is not None:
            self.grown.append(Grown(thing, measure, [before, now]))

    def _forget_short_ones(self, lengths: dict[int, int]) -> None:
        enough = _MOST_LENGTHS if len(lengths) <= _MOST_LENGTHS else _MOST_LENGTHS // 2
        while len(lengths) > enough:
            self._shortest = 2 * self._shortest + 1
            for key in [key for key, length in lengths.items() if length < self._shortest]:
                del lengths[key]


def _from_both_ends(objects: int) -> list[int]:
    """Return where slices begin, alternately from both ends.

    If there are too many objects, the middle is left out. It is mostly bulk data.
    """
    starts = list(range(0, objects, _SLICE))
    half = (len(starts) + 1) // 2
    return [
        start for pair in zip_longest(starts[:half], starts[: half - 1 : -1]) for start in pair if start is not None
    ]


def live_objects(*, young: bool = False) -> list[object]:
    """Return the objects of the oldest generation without tuples, so that no tuple that is being filled is referred to.

    Objects younger than the last full collection are missed, unless `young` is true. If the collector is off, objects
    do not move between the generations, so all generations are read.
    """
    generations = (2,) if gc.isenabled() and not young else (2, 1, 0)
    return tracked.select(gc.get_objects, generations, is_not, tuple)


def _young_dicts() -> list[object]:
    """Return the dicts of the younger generations; none if the collector is off, because all generations are read then.
    A full collection stops tracking a dict of plain values. From the next tracked entry on, such as a new tuple, the
    dict is tracked again, as a young object.
    """
    return tracked.select(gc.get_objects, (1, 0), is_, dict) if gc.isenabled() else []


def drop(things: list[Any]) -> Generator[float]:
    """Clear a list of objects on the main thread. If this frees an object, its finalizer runs on the right thread."""
    done = yield from main_thread.call(things.clear, patience_s=_PATIENCE_S)
    if not done.made:
        things.clear()
