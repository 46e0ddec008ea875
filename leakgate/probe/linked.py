"""Structures that grow without a growing container: lists, trees and graphs of objects that refer to each other.

The input is the classes whose number of live instances grows. The structure consists of the objects from which new
instances can be reached through instances. It is reported at the first object on a path from a root that leads to most
of the new instances. Instances that a growing container leads to are explained by that container.
"""

from __future__ import annotations

import gc
from _collections import _count_elements  # type: ignore[import-not-found]
from itertools import chain

from . import object_sizes, plain
from .kinds import CellType, FrameType, TracebackType
from .system import system
from .whole_numbers import WholeNumbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from .paths import Walk

_LEAST_NEW = 8
_SLICE = 2_000
_MOST_CPU_S = 1.2
_MOST_ENTRIES = 30
_LEAST_REACH = 0.5
_ENOUGH_REACH = 0.9
_MOST_SIZED = 300
_DEEPEST_TUPLES = 3
_CONNECTIONS = (CellType, FrameType, TracebackType, dict, list, set)
"""Types that connect the parts of a structure. They name the structure only if it has no other types."""


class Structure:
    """The instances of some growing classes, and which of them refer to which."""

    def __init__(self, members: list[object], known: set[int]) -> None:
        self.members = members
        self._index = {id(one): at for at, one in enumerate(members)}
        self._kinds = set(map(id, map(type, members)))
        self._new = bytearray(id(one) not in known for one in members)
        self._leads = bytearray(len(members))
        """For each member, whether it leads to a new instance that no container explains."""
        self._cpu_ends = system.cpu_time() + _MOST_CPU_S
        self.given_up = False

    def connect(self, containers: Iterable[object]) -> Generator[float]:
        """Find the members that lead to new instances outside the containers. Yields seconds to wait."""
        wanted = self._new_outside_of(containers)
        if len(wanted) < _LEAST_NEW or 2 * len(wanted) < sum(self._new):
            return
        heads = WholeNumbers(minus_ones=len(self.members))
        sources, following = WholeNumbers(), WholeNumbers()
        for at, one in enumerate(self.members):
            for child in self._children(one):
                following.append(heads[child])
                heads[child] = len(sources)
                sources.append(at)
            if at % _SLICE == 0:
                yield 0.0
                if self._is_late():
                    return
        for at in wanted:
            self._leads[at] = 1
        while wanted:
            edge = heads[wanted.pop()]
            while edge >= 0:
                if not self._leads[sources[edge]]:
                    self._leads[sources[edge]] = 1
                    wanted.append(sources[edge])
                edge = following[edge]

    def _new_outside_of(self, containers: Iterable[object]) -> list[int]:
        explained = bytearray(len(self.members))
        for container in containers:
            self._reach([container], explained)
        return [at for at, new in enumerate(self._new) if new and not explained[at]]

    def _children(self, thing: object) -> list[int]:
        """Return the indexes of the members that an object refers to, directly or through tuples (never members)."""
        found = []
        to_do = plain.referents(thing)
        for _ in range(_DEEPEST_TUPLES):
            found += [at for at in map(self._index.get, map(id, to_do)) if at is not None]
            tuples = [one for one in to_do if type(one) is tuple]
            if not tuples:
                break
            to_do = gc.get_referents(*tuples)
        return found

    def _reach(self, to_do: list[object], met: bytearray) -> int:
        """Return how many new members can be reached from the objects through members, without those in `met`.

        Updates `met`.
        """
        found = 0
        while to_do and not self._is_late():
            for at in self._children(to_do.pop()):
                if not met[at]:
                    met[at] = 1
                    found += self._new[at]
                    to_do.append(self.members[at])
        return found

    def _is_late(self) -> bool:
        self.given_up = self.given_up or system.cpu_time() > self._cpu_ends
        return self.given_up

    @property
    def is_empty(self) -> bool:
        """Whether containers explain all new instances."""
        return not any(self._leads)

    def leads(self, thing: object) -> bool:
        """Whether an object is a part of the structure."""
        at = self._index.get(id(thing))
        return at is not None and bool(self._leads[at])

    def entry(self, walk: Walk) -> object | None:
        """Return the object where the walk reaches the structure, nearest to a root, with most new members behind it.

        None if no object leads to at least half of the new members.
        """
        inside: set[int] = set()
        best, most, tried = None, 0, 0
        whole = sum(new and leads for new, leads in zip(self._new, self._leads))
        for thing, parent in walk.met():
            if not self.leads(thing) or _is_namespace(thing, parent):
                continue
            if id(parent) in inside:
                inside.add(id(thing))
                continue
            inside.add(id(thing))
            tried += 1
            reached = self._reached_from(thing)
            if reached > most:
                best, most = thing, reached
            if most >= _ENOUGH_REACH * whole or tried >= _MOST_ENTRIES or self._is_late():
                break
        return best if most >= _LEAST_REACH * whole else None

    def up_to_newest(self, chain: list[object]) -> list[object]:
        """Return a chain to a member, without its end from the first part of the structure on that it leads through.

        The program may have put new parts above the members since these were listed. They are of the same classes.
        """
        end = len(chain) - 1
        for at in range(end - 1, 0, -1):
            thing, owner = chain[at], chain[at - 1]
            if type(thing) is tuple:
                continue
            if _is_namespace(thing, owner):
                if id(type(owner)) in self._kinds:
                    continue  # the attributes of a part: before Python 3.11, the collector shows them as a dict
                break
            if id(type(thing)) not in self._kinds or id(thing) in self._index:
                break
            end = at
        return chain[: end + 1]

    def _reached_from(self, thing: object) -> int:
        met = bytearray(leads ^ 1 for leads in self._leads)  # members that lead to nothing new are not followed
        at = self._index[id(thing)]
        met[at] = 1
        return self._new[at] + self._reach([thing], met)

    def topmost(self) -> object | None:
        """Return the member that leads to most new ones, of those that no other member refers to; None without one."""
        below = bytearray(len(self.members))
        led = [at for at, leads in enumerate(self._leads) if leads]
        for at in led:
            for child in self._children(self.members[at]):
                below[child] = 1
        tops = [at for at in led if not below[at]][:_MOST_ENTRIES]
        reached = [(self._reached_from(self.members[at]), -at) for at in tops]
        return self.members[-max(reached)[1]] if reached else None

    def kind(self) -> type:
        """Return the class to name: the most frequent one among the new members, preferably a class of the program."""
        kinds = {id(kind): kind for kind in map(type, self._grown())}
        counts: dict[int, int] = {}
        _count_elements(counts, map(id, map(type, self._grown())))
        most = max(counts.values())
        often = [kinds[kind] for kind in sorted(counts, key=lambda kind: -counts[kind]) if 3 * counts[kind] >= most]
        own = [kind for kind in often if not plain.is_built_in(kind)]
        return next(iter(own or [kind for kind in often if not plain.is_kind(kind, *_CONNECTIONS)] or often))

    def _grown(self) -> list[object]:
        return [one for one, new, leads in zip(self.members, self._new, self._leads) if new and leads]

    def bytes_each(self, kind: type) -> int:
        """Return the bytes for each new instance of the class: the size of all new members, divided by its instances.

        It is measured on the first `_MOST_SIZED` new members.
        """
        sample = self._grown()[:_MOST_SIZED]
        instances = sum(type(one) is kind for one in sample)
        own = sum(map(object_sizes.size, sample))
        beside = sum(object_sizes.size(one) for one in chain(*map(plain.referents, sample)) if not gc.is_tracked(one))
        return (own + beside) // max(1, instances)


def _is_namespace(thing: object, parent: object) -> bool:
    """Whether a dict holds the attributes of an object or a module. Such a dict is not an entry of a structure."""
    return type(thing) is dict and (parent is None or plain.owns_namespace(parent, thing))
