"""Finds the holders of memory: the containers that grow, and the paths to them.

Reads types, names and lengths, never values.
"""

from __future__ import annotations

from . import census, copies, findings, foreign, gauges, hooks, linked, paths, piled_up, referrers, retained, writers
from .awake import awake_s
from .system import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from . import naming
    from .answer import Answer
    from .census import Grown

_LEAST_INTERVAL_S = 1.0
_SHORTEST_INTERVAL_S = 0.3
"""The shortest wait in seconds. It is enough if all containers that grew so far have grown again by then."""
_SHORT_WINDOW_S = 5.0
_INTERVAL_SHARE = 0.35
"""Share of the window between two looks, in a longer window: a slow leak needs more time to show at each look."""
_OVER_A_REST = 1.3
"""A window is at least this many times as long as a leak in bursts rests (`over_a_rest` in `growth/thresholds.py`)."""
_LEAST_RISE = 0.5
"""Share of the usual growth of the heap. If it grew by less in the first interval, the leak may be at rest."""
_LOOK_S = 0.02
_MOST_WATCHED = 6
_LEAST_SHARE = 0.01
"""Share of the memory that all growing containers keep. leakgate leaves out containers that keep less, so the search
does not wait for them (`LEAST_SHARE` in `blame/holders.py`)."""
_MOST_NAMED = 100
"""The number of containers whose paths are searched for: those whose growth keeps most bytes. `_MOST_CLIMBED`: how many
of those that the walk does not reach are traced back through their referrers."""
_MOST_CLIMBED = 12


class Look:
    """One look at the heap: `begin`, then other parts of the explanation for some seconds, then `finish`."""

    def __init__(self, answer: Answer, blocks_per_s: int = 0) -> None:
        """`blocks_per_s`: by how many live blocks the process grew before; 0 if that is not known."""
        self._answer = answer
        self._blocks_per_s = blocks_per_s
        self._fewest_blocks = 0
        """The lowest number of live blocks since the first mark."""
        self._census = census.Census(answer)
        self._resources = piled_up.Resources()
        self._walk = paths.Walk()
        self._findings = findings.Findings()
        self._writers: writers.WriterWatch | None = None
        self._named: set[int] = set()
        self._garbage: list[object] = []
        self._members: list[object] = []
        self._marks: list[float] = []
        self._began_s = 0.0
        """Time of the first mark, by the clock of waits."""
        self._cut_short = False
        """Whether a path was not followed to its end."""

    def begin(self) -> Generator[float]:
        """Count all live objects. Yields seconds to wait."""
        yield from self._census.count()
        self._began_s = awake_s()
        self._fewest_blocks = gauges.count_blocks()
        yield from self._mark()

    def finish(self, window_s: float) -> Generator[float]:
        """Count again, follow what grew, and write the paths to it. If interrupted, write what is known so far."""
        if not self._marks:
            return
        whole = False
        try:
            yield from self._follow(_interval_s(window_s), window_s)
            yield from self._find_ways()
            whole = True
        finally:
            self._write()
        if whole and not self._census.cut_short and not self._cut_short:
            self._answer.add("looked")
        yield from census.drop(self._garbage)

    def _follow(self, interval_s: float, window_s: float) -> Generator[float]:
        yield from self._await_growth(interval_s, window_s)
        yield from self._census.count()
        yield from self._mark()
        for step, longest_s in ((self._wait, interval_s), (self._watch_writers, window_s / _OVER_A_REST)):
            if not self._answer.hurried:
                yield from step(self._strongest(), interval_s, longest_s)
            if self._answer.hurried:
                return  # the program has done its work: nothing grows from now on
            yield from self._look_again()

    def _await_growth(self, interval_s: float, window_s: float) -> Generator[float]:
        """Wait for an interval after the first mark, and if the heap is at rest then, for up to the whole window.

        The containers of a leak in bursts are as long at the second count as at the first, if no burst is in between.
        """
        least = _LEAST_RISE * self._blocks_per_s * interval_s
        while awake_s() < self._began_s + window_s and not self._answer.hurried:
            blocks = gauges.count_blocks() if least else 0
            self._fewest_blocks = min(self._fewest_blocks, blocks)
            if awake_s() >= self._began_s + interval_s and blocks - self._fewest_blocks >= least:
                break
            yield _LOOK_S

    def _wait(self, strongest: list[Grown], usual_s: float, longest_s: float) -> Generator[float]:
        """Wait until the containers that grew most have grown again, for `_SHORTEST_INTERVAL_S` to `usual_s`.

        If those that keep most of the growth are at rest then, wait for up to `longest_s`. A container that the program
        has dropped never grows again.
        """
        started = awake_s()
        while self._goes_on(strongest, started + usual_s, started + longest_s):
            yield _LOOK_S
            if awake_s() > started + _SHORTEST_INTERVAL_S and all(
                one.is_longer or one.is_only_ours for one in strongest
            ):
                break

    def _goes_on(self, strongest: list[Grown], usual_until_s: float, until_s: float) -> bool:
        if self._answer.hurried:
            return False
        return awake_s() < usual_until_s or (awake_s() < until_s and _are_at_rest(strongest))

    def _strongest(self) -> list[Grown]:
        """Return the containers that grew most, without those that keep next to nothing of what grows.

        A container that did not grow at each look counts if it keeps more than all that did: it may grow in bursts.
        """
        strong = [one for one in self._census.grown if not retained.is_weak(one.thing)]
        steady = [one for one in strong if one.grew_throughout]
        most = sum(map(_kept, steady))
        steady += [one for one in strong if one.never_shrank and not one.grew_throughout and _kept(one) > most]
        least = _LEAST_SHARE * sum(map(_kept, steady))
        notable = [one for one in steady if _kept(one) >= least or foreign.type_in(one.thing)]
        return sorted(notable, key=_kept, reverse=True)[:_MOST_WATCHED]

    def _mark(self) -> Generator[float]:
        self._resources.look(self._garbage)
        self._marks.append(system.monotonic())
        yield from census.drop(self._garbage)

    def _look_again(self) -> Generator[float]:
        for one in self._census.grown:
            one.look()
        yield from self._mark()

    def _watch_writers(self, strongest: list[Grown], usual_s: float, longest_s: float) -> Generator[float]:
        """Find the code that inserts into the containers that grew most, and wait until they have grown again."""
        started = awake_s()
        if strongest:
            self._writers, problem = yield from writers.watch(strongest)
            started = awake_s()
            try:
                while not problem and self._writers.needs_more:
                    if not self._goes_on(strongest, started + usual_s, started + longest_s):
                        break
                    yield _LOOK_S
            finally:
                writers.abandon()
            if problem:
                self._answer.note("leakgate did not look for the line that inserts: %s" % problem)
            else:
                yield from hooks.remove()
            if hooks.misses_threads and not problem:
                self._answer.note("leakgate looked for the line that inserts on the main thread only")
        passed_s = awake_s() - started
        yield from self._wait(strongest, usual_s - passed_s, longest_s - passed_s)

    def _find_ways(self) -> Generator[float]:
        grown = self._census.grown
        dropped = [one for one in grown if one.is_only_ours]
        self._garbage += [one.thing for one in dropped]
        grown[:] = [one for one in grown if one.lengths[-1] > one.lengths[0] and one not in dropped]
        grown.sort(key=_kept, reverse=True)
        del grown[_MOST_NAMED:]
        yield from self._walk.run([one.thing for one in grown])
        self._name_reached()
        climb = referrers.Climb(self._answer, self._walk)
        missing = [one for one in grown if id(one) not in self._named]
        for one in missing[:_MOST_CLIMBED]:
            path = climb.path_to(one.thing)
            if path is not None:
                self._findings.add(path, one)
            yield 0.0
        if climb.given_up:
            self._cut_short = True
            self._answer.note("the path to %d growing containers was not found in time" % climb.given_up)
        yield from self._follow_links(climb)
        yield from self._follow_copies()

    def _follow_copies(self) -> Generator[float]:
        """Find containers that are replaced by longer copies, if nothing else that grows was found."""
        if self._findings.found_any or self._resources.grown() or self._answer.hurried:
            return
        search = copies.CopySearch(self._answer)
        try:
            yield from search.run()
        finally:
            if len(search.marks) >= copies.ENOUGH_LOOKS:
                findings.write_copied(self._answer, search)
            search.release()
            self._garbage += search.garbage

    def _follow_links(self, climb: referrers.Climb) -> Generator[float]:
        """Find the path to the structure of growing instances, if no growing container explains them."""
        if self._resources.grown() or self._is_explained():
            return
        self._members += yield from self._census.members()
        structure = linked.Structure(self._members, self._census.known)
        yield from structure.connect(self._findings.things())
        if structure.given_up:
            self._cut_short = True
            self._answer.note("the path to %d linked objects was not found in time" % len(self._members))
        if structure.is_empty:
            return
        path = None
        # The program may have replaced the objects that an earlier walk has reached.
        for walk in (self._walk, paths.Walk()) if self._walk.things else (self._walk,):
            yield from walk.run_until(structure.leads)
            entry = structure.entry(walk)
            chain = walk.chain_to(entry) if entry is not None else None
            path = walk.name(structure.up_to_newest(chain)) if chain is not None else None
            self._garbage += [*walk.things, *walk.texts] if walk is not self._walk else ()
            if path is not None:
                break
        top = structure.topmost() if path is None else None
        if top is not None:
            path = climb.path_to(top)
        if path is not None:
            self._add_structure(path, structure)

    def _is_explained(self) -> bool:
        """Whether growing containers explain the new instances of the class that grows most."""
        kind = max(self._census.growing, key=self._census.grew, default=0)
        return not kind or self._findings.explain(kind, self._census.grew(kind))

    def _add_structure(self, path: naming.Path, structure: linked.Structure) -> None:
        kind = structure.kind()
        lengths = [counts.get(id(kind), 0) for counts in self._census.type_counts]
        lengths.append(sum(type(one) is kind for one in self._members))
        if lengths == sorted(set(lengths)):
            marks = [*self._marks[: len(lengths) - 1], self._marks[-1]]
            self._findings.elsewhere = True
            findings.write_structure(self._answer, path, kind, lengths, marks, structure.bytes_each(kind))

    def _name_reached(self) -> None:
        for one in self._census.grown:
            chain = self._walk.chain_to(one.thing) if id(one) not in self._named else None
            if chain is not None:
                self._named.add(id(one))
                path = self._walk.name(chain)
                if path is not None:
                    self._findings.add(path, one)

    def _write(self) -> None:
        """Write what is known, and move all references to objects of the program to `_garbage`."""
        self._name_reached()
        self._findings.write(self._answer, self._marks, self._writers)
        findings.write_resources(self._answer, self._marks, self._resources)
        if len(self._census.type_counts) > 1:
            # The newest instances may be short-lived, so the objects that came with them count only if no holder
            # explains these.
            brought = {} if self._is_explained() else self._census.brought
            findings.write_types(self._answer, self._marks, self._census, self._findings.untracked, brought)
        self._findings.clear()
        self._writers = None
        self._garbage += [one.thing for one in self._census.grown]
        self._census.grown.clear()
        self._garbage += self._members
        self._members.clear()
        self._garbage += self._walk.things
        self._walk.things.clear()
        self._garbage += self._walk.texts
        self._walk.texts.clear()


def _interval_s(window_s: float) -> float:
    """Return the seconds between two looks in a window of this length.

    A worker that is soon replaced has a short window.
    """
    if window_s > _SHORT_WINDOW_S:
        return _INTERVAL_SHARE * window_s
    return max(_SHORTEST_INTERVAL_S, min(_LEAST_INTERVAL_S, window_s))


def _are_at_rest(grown: list[Grown]) -> bool:
    """Whether the containers that have not grown since the last look keep more than those that have."""
    alive = [one for one in grown if not one.is_only_ours]
    longer = [one.is_longer for one in alive]
    kept = list(map(_kept, alive))
    return 2 * sum(each for each, is_longer in zip(kept, longer) if is_longer) < sum(kept)


def _kept(one: Grown) -> int:
    """Return the bytes that the growth of a container keeps alive."""
    return (one.lengths[-1] - one.lengths[0]) * one.entry_bytes
