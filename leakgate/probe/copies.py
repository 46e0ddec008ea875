"""Finds containers, texts, arrays and tables that longer copies replace: `rows += row`, `df = pd.concat([df, row])`.

Each copy is a new object, so no container grows. Only the path to the copies stays the same. So this search walks from
the roots several times and compares what is long at each path.
"""

from __future__ import annotations

import gc
from _functools import partial  # type: ignore[import-not-found] # functools without its imports

from . import census, foreign, object_sizes, paths, plain, retained
from .awake import awake_s
from .system import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

    from .answer import Answer
    from .naming import Path

    Found = dict[str, tuple[Path, list[object]]]
    """Maps the text of a path to the path and the containers at its end."""
    FoundData = dict[str, tuple[Path, list["Data"]]]
    """The same for texts, arrays and tables."""
    SizedData = tuple[int, int, object]
    """The size of a text or an array in bytes, the index of the object that leads to a text (else -1), and the object.
    """

_LOOKS = 4
ENOUGH_LOOKS = 3
"""If the search is cut short, an object counts if it was longer at each of this many looks."""
_INTERVAL_S = 0.5
_FIRST_LOOKS = 2
"""The first look finds the containers, and the second finds the data that was replaced."""
_LOOK_S = 0.02
_LEAST_ENTRIES = 16
"""A copy of a shorter container keeps too little memory to matter."""
_MOST_NAMED = 40
"""The longest containers, texts, arrays and tables of one walk, whose paths are compared."""
_MOST_SIZED = 200
"""The largest new texts and arrays of one walk, whose paths are followed to a table; and the largest old ones, which
may be parts of these tables."""
_SAMPLE = 32
"""The number of entries of one version that are searched for in the next."""
_KEPT = 0.9
"""Share of the sample that the next version must still have: a copy keeps its entries, a new batch does not."""
_MOST_STEP = 3.0
"""Data grows by even steps if no step is more than this many times as large as another."""
_ENDS = 64
"""Characters at both ends of a text that the longer copy must still have."""
_UNNAMED = ": ?"
"""Part of the path of a local variable that got another value during the walk. Its next value has the path with the
name."""
_KINDS = frozenset(map(id, (list, tuple, dict, set, frozenset)))


class CopiedContainer:
    """The containers at one path: their lengths at each look, and some entries of the newest ones."""

    __slots__ = ("_ids", "_sample", "lengths", "owns", "path", "thing")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.owns = ""
        self.lengths: list[int] = []
        self.thing: object = None
        """One container of the newest look."""
        self._ids: set[int] = set()
        self._sample: list[object] = []

    def take(self, things: list[object]) -> bool:
        """Take the containers of a look. Return whether they are longer copies of those of the look before."""
        length = sum(map(len, things))  # type: ignore[arg-type]
        ids = set(map(id, things))
        entries = gc.get_referents(*things)
        copied = not self.lengths or (
            length > self.lengths[-1] and not ids & self._ids and self._is_in(set(map(id, entries)))
        )
        self.lengths.append(length)
        self._ids, self.thing = ids, things[0]
        self._sample[:] = entries[:: max(1, len(entries) // _SAMPLE)]
        return copied

    def _is_in(self, entries: set[int]) -> bool:
        return sum(id(one) in entries for one in self._sample) >= _KEPT * len(self._sample)

    def release(self) -> list[object]:
        """Return the objects of the program to which this refers, and drop the references here."""
        held = [*self._sample, self.thing]
        self._sample.clear()
        self.thing = None
        return held


class Data:
    """A text, an array or a table at a look, with its size in bytes or numbers."""

    __slots__ = ("is_table", "size", "thing")

    def __init__(self, thing: object, size: int, *, is_table: bool = False) -> None:
        self.thing, self.size = thing, size
        self.is_table = is_table
        """Whether the size is that of the arrays which this object leads to. A table may get longer in its place."""


class CopiedData:
    """The texts, arrays or tables at one path: their sizes at each look, in bytes or numbers.

    Both ends of a text are compared, and never shown.
    """

    __slots__ = ("lengths", "owns", "path", "thing")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.owns = ""
        """The name of the class, if it is one of an extension."""
        self.lengths: list[int] = []
        self.thing: object = None
        """The text, array or table of the newest look."""

    def take(self, found: list[Data]) -> bool:
        """Take the object of a look. Return whether it is a longer copy of that of the look before."""
        newest = found[0]
        thing: Any = newest.thing
        is_text = type(thing) is str or type(thing) is bytes
        copied = not self.lengths or (
            len(found) == 1
            and (newest.is_table or thing is not self.thing)
            and type(thing) is type(self.thing)
            and newest.size > self.lengths[-1]
            and (not is_text or self._goes_on(thing))
        )
        self.lengths.append(newest.size)
        self.thing = thing
        self.owns = "" if is_text else plain.type_name(type(thing))
        return copied and (is_text or self._is_even())

    def _goes_on(self, text: Any) -> bool:
        old: Any = self.thing
        return bool(text[:_ENDS] == old[:_ENDS] and text[len(old) - _ENDS : len(old)] == old[-_ENDS:])

    def _is_even(self) -> bool:
        steps = [later - earlier for earlier, later in zip(self.lengths, self.lengths[1:])]
        return not steps or max(steps) <= min(_MOST_STEP * min(steps), self.lengths[0])

    def release(self) -> list[object]:
        """Return the objects of the program to which this refers, and drop the references here."""
        held = [self.thing]
        self.thing = None
        return held


class CopySearch:
    """Walks from the roots `_LOOKS` times. `found`: the containers that were longer copies at each look."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.found: list[CopiedContainer | CopiedData] = []
        self.marks: list[float] = []
        """Time of each look."""
        self._old: dict[int, int] = {}
        """Size by id of the texts, arrays and tables of the first look. Those that are still there were not replaced. A
        copy may have the address of an older one, but not its size."""
        self.garbage: list[object] = []
        """Objects of the program that the search kept alive. The caller drops them on the main thread."""

    def run(self) -> Generator[float]:
        """Repeat the look until no copies are left, or until all looks are made. Yields seconds to wait."""
        for look in range(_LOOKS):
            walk = paths.Walk()
            yield from walk.run_until(lambda _: False)
            before = system.perf_counter()
            self._compare(_by_path(walk), self._data_by_path(walk))
            self.marks.append(system.monotonic())
            self._answer.held(system.perf_counter() - before)
            yield from census.drop(walk.things)
            yield from census.drop(walk.texts)
            if not self.found and len(self.marks) >= _FIRST_LOOKS:
                return
            until = awake_s() + (_INTERVAL_S if look < _LOOKS - 1 else 0.0)
            while awake_s() < until:
                if self._answer.hurried:
                    return  # the program has done its work: nothing is replaced from now on
                yield _LOOK_S

    def _compare(self, containers: Found, data: FoundData) -> None:
        known: dict[str, CopiedContainer | CopiedData] = {one.path.root + one.path.text: one for one in self.found}
        if not self.marks:
            known.update((name, CopiedContainer(path)) for name, (path, _) in containers.items())
        elif len(self.marks) == 1:  # it is known which data was replaced since the first look
            known.update((name, CopiedData(path)) for name, (path, _) in data.items())
        now: dict[str, tuple[Path, list[Any]]] = {**containers, **data}
        longer = [one for name, one in known.items() if name in now and one.take(now[name][1])]
        self.garbage += [thing for one in self.found if one not in longer for thing in one.release()]
        self.found = longer

    def _data_by_path(self, walk: paths.Walk) -> FoundData:
        """Return the longest texts, arrays and tables that were not there at the first look, by the text of their path.

        The first look finds none.
        """
        rows = _sized_data(walk)
        if not self.marks:
            self._old = {id(thing): size for size, _, thing in rows}
            tables = (one for _, one in _as_tables(walk, rows[:_MOST_SIZED], []) if one.is_table)
            self._old.update((id(one.thing), one.size) for one in tables)
            return {}
        new = [row for row in rows if self._old.get(id(row[2])) != row[0]]
        old = [row for row in rows if self._old.get(id(row[2])) == row[0]]
        joined = _as_tables(walk, new[:_MOST_SIZED], old[:_MOST_SIZED])
        changed = [row for row in joined if not row[1].is_table or self._old.get(id(row[1].thing)) != row[1].size]
        found: FoundData = {}
        for chain, one in changed[:_MOST_NAMED]:
            # The name is found by the object that a variable or an attribute has now.
            now = _chains_now(walk, chain, partial(_are_of_one_type, one.thing))
            path = walk.name(now[0] if len(now) == 1 else chain)
            if path is not None and _UNNAMED not in path.text:
                found.setdefault(path.root + path.text, (path, []))[1].append(one)
        return found

    def release(self) -> None:
        """Drop the results, and move all references to objects of the program to `garbage`."""
        self.garbage += [thing for one in self.found for thing in one.release()]
        self.found.clear()


def _by_path(walk: paths.Walk) -> Found:
    """Return the longest containers that the walk reached, by the text of their path."""
    lengths = [(len(one), at) for at, one in enumerate(walk.things) if _is_long(one)]  # type: ignore[arg-type]
    found: Found = {}
    for _, at in sorted(lengths, reverse=True)[:_MOST_NAMED]:
        for chain in _chains_now(walk, walk.chain_to(walk.things[at]) or [walk.things[at]], _is_long):
            path = walk.name(chain) if not retained.is_weak(chain[-1]) else None
            if path is not None and _UNNAMED not in path.text:
                found.setdefault(path.root + path.text, (path, []))[1].append(chain[-1])
    return found


def _sized_data(walk: paths.Walk) -> list[SizedData]:
    """Return the texts and arrays that the walk reached and that are not small, the largest first."""
    verdicts: dict[int, bool] = {}
    flat = plain.flat()
    data = [one for one in walk.things if id(type(one)) in flat or foreign.owns_memory(type(one), verdicts)]
    sized = [(object_sizes.kept_bytes(text), parent, text) for parent, text in walk.texts]
    sized += [(object_sizes.kept_bytes(one), -1, one) for one in data]
    sized = [row for row in sized if row[0] >= paths.LONG_TEXT]
    sized.sort(key=lambda row: -row[0])
    return sized


def _as_tables(walk: paths.Walk, new: list[SizedData], old: list[SizedData]) -> list[tuple[list[object], Data]]:
    """Return the new texts, arrays and tables, each with the chain of objects to it, the largest first.

    The arrays that a table leads to are counted together, as the table. A table is new if one of its arrays is.
    """
    found: dict[int, tuple[list[object], Data]] = {}
    for rows in (new, old):
        for size, parent, thing in rows:
            chain = walk.chain_to(thing) or walk.chain_to_text(parent, thing)
            tables = (at for at, one in enumerate(chain) if object_sizes.is_table(type(one)))
            chain = chain[: next(tables, len(chain)) + 1]
            top: Any = chain[-1]
            if rows is new and id(top) not in found:
                found[id(top)] = chain, Data(top, 0, is_table=object_sizes.is_table(type(top)))
            if id(top) in found:
                found[id(top)][1].size += len(top) if plain.unit(top) else size
    return sorted(found.values(), key=lambda row: -row[1].size)


def _is_long(one: object) -> bool:
    return id(type(one)) in _KINDS and len(one) >= _LEAST_ENTRIES  # type: ignore[arg-type]


def _are_of_one_type(one: object, other: object) -> bool:
    return type(one) is type(other)


def _chains_now(walk: paths.Walk, chain: list[object], is_copy: Callable[[object], bool]) -> list[list[object]]:
    """Return the chain to an object, or the chains to the copies that have taken its place since the walk."""
    children = plain.referents(chain[-2]) if len(chain) > 1 else chain
    if any(child is chain[-1] for child in children):
        return [chain]
    return [[*chain[:-1], child] for child in children if is_copy(child) and walk.chain_to(child) is None]
