"""What holds on to the memory: containers that grow, and the way to them. Types, names and lengths, never a value."""

from __future__ import annotations

import time

from . import census, paths, plain, referrers, resources, retained, writers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from .census import Grown
    from .explain import Answer
    from .naming import Path

_LEAST_INTERVAL_S = 1.0
_SHORT_WINDOW_S = 5.0
_INTERVAL_SHARE = 0.35
_LOOK_S = 0.02
_MOST_WATCHED = 6
_MOST_HOLDERS = 12
_MOST_TYPES = 20
_MOST_SIZED = 60
_OWN = __name__.rpartition(".")[0]


class Holder:
    """Containers at the end of the same way, taken together."""

    __slots__ = ("entry_bytes", "lengths", "path", "things")

    def __init__(self, path: Path, one: Grown) -> None:
        self.path, self.things = path, [one]
        self.lengths = list(one.lengths)
        self.entry_bytes = 0

    def add(self, one: Grown) -> None:
        self.things.append(one)
        self.lengths = [sum(pair) for pair in zip(self.lengths, one.lengths)]

    @property
    def grew(self) -> int:
        return self.lengths[-1] - self.lengths[0]

    @property
    def grew_throughout(self) -> bool:
        return all(later > earlier for earlier, later in zip(self.lengths, self.lengths[1:]))


class Look:
    """One look at the heap: `begin`, some seconds in which other things are explained, `finish`."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._census = census.Census(answer)
        self._walk = paths.Walk()
        self._resources = resources.Resources()
        self._garbage: list[object] = []
        self._marks: list[float] = []
        self._writers: writers.Watch | None = None
        self._holders: dict[str, Holder] = {}

    def begin(self) -> Generator[float]:
        """Count what lives; yields how long to wait."""
        yield from self._census.count()
        yield from self._mark()

    def finish(self, window_s: float) -> Generator[float]:
        """Count again, follow what grew for a while, and say how it is reached."""
        interval_s = _LEAST_INTERVAL_S if window_s <= _SHORT_WINDOW_S else _INTERVAL_SHARE * window_s
        while time.monotonic() < self._marks[0] + interval_s:
            yield 0.05
        yield from self._census.count()
        yield from self._mark()
        grown = self._census.grown
        yield interval_s
        self._look_again()
        yield from self._mark()
        yield from self._watch_writers(interval_s)
        self._look_again()
        yield from self._mark()
        grown[:] = [one for one in grown if one.lengths[-1] > one.lengths[0]]
        try:
            yield from self._walk.run([one.thing for one in grown])
            for write in (self._group, self._write, self._write_resources, self._write_types):
                write()
                yield 0.0
        finally:
            self._holders.clear()
            self._writers = None
            self._garbage += [one.thing for one in grown]
            grown.clear()
            self._garbage += self._walk.things
            self._walk.things.clear()
        yield from census.drop(self._garbage)

    def _look_again(self) -> None:
        for one in self._census.grown:
            one.look()

    def _watch_writers(self, window_s: float) -> Generator[float]:
        """See who inserts into what grew most so far; takes the whole window in any case."""
        until = time.monotonic() + window_s
        steady = [one for one in self._census.grown if one.lengths[0] < one.lengths[1] < one.lengths[2]]
        strong = [one for one in steady if not retained.is_weak(one.thing)]
        strong.sort(key=lambda one: (one.lengths[0] - one.lengths[2]) * retained.entry_bytes(one.thing))
        if strong:
            self._writers, problem = yield from writers.watch(strong[:_MOST_WATCHED])
            if problem:
                self._answer.note("who inserts was not looked for: %s" % problem)
            try:
                while not self._writers.done and self._writers.active and time.monotonic() < until:
                    yield _LOOK_S
            finally:
                yield from writers.finish()
        while time.monotonic() < until:
            yield _LOOK_S

    def _mark(self) -> Generator[float]:
        self._resources.look(self._garbage)
        self._marks.append(time.monotonic())
        yield from census.drop(self._garbage)

    def _group(self) -> None:
        climb = referrers.Climb(self._answer, self._walk)
        for one in self._census.grown:
            chain = self._walk.chain_to(one.thing)
            path = climb.path_to(one.thing) if chain is None else self._walk.name(chain)
            if path is None:
                continue
            known = self._holders.get(path.root + path.text)
            if known is None:
                self._holders[path.root + path.text] = Holder(path, one)
            else:
                known.add(one)

        if climb.given_up:
            self._answer.note("the way to %d growing containers was not found in time" % climb.given_up)

    def _write(self) -> None:
        steady = [holder for holder in self._holders.values() if holder.grew_throughout]
        inside = {id(one.thing) for holder in steady for one in holder.things}
        topmost = [holder for holder in steady if not inside & holder.path.above]
        topmost.sort(key=lambda holder: -holder.grew)
        for holder in topmost[:_MOST_SIZED]:
            holder.entry_bytes = retained.entry_bytes(holder.things[0].thing)
        topmost.sort(key=lambda holder: -holder.grew * holder.entry_bytes)
        for holder in topmost[:_MOST_HOLDERS]:
            thing = holder.things[0].thing
            self._answer.add(
                "holder",
                path=holder.path.text,
                root=holder.path.root,
                container_type=holder.path.kind or plain.type_name(type(thing)),
                weak=retained.is_weak(thing),
                lengths=holder.lengths,
                marks=self._marks,
                containers=len(holder.things),
                entry_type=retained.entry_type(thing),
                entry_bytes=holder.entry_bytes,
                bound=plain.limit(thing) or holder.path.limit or None,
                frames=self._writer_of(holder),
            )

    def _writer_of(self, holder: Holder) -> list[writers.Frame]:
        if self._writers is None:
            return []
        things = {id(one) for one in holder.things}
        found = [target.writer() for target in self._writers.targets if id(target.grown) in things]
        return next(filter(None, found), [])

    def _write_resources(self) -> None:
        for (kind, owner), counts in self._resources.grown():
            code = self._resources.codes.get((kind, owner))
            self._answer.add(
                "holder",
                path=owner,
                root=kind,
                container_type=kind,
                lengths=counts,
                marks=self._marks,
                entry_bytes=resources.ENTRY_BYTES[kind],
                frames=[[code.co_filename, code.co_firstlineno, owner]] if code is not None else [],
            )

    def _write_types(self) -> None:
        first, last = self._census.type_counts
        rows = []
        for kind, count in last.items():
            name, size = self._census.type_names[kind]
            grew = count - first.get(kind, 0)
            if grew > 0 and not name.startswith(_OWN):
                rows.append((grew * size, name, size, first.get(kind, 0), count))
        rows.sort(reverse=True)
        for _, name, size, before, after in rows[:_MOST_TYPES]:
            self._answer.add("type", name=name, counts=[before, after], bytes=size, marks=self._marks[:2])
