"""Holders of memory that the search found: they are grouped and written into the answer."""

from __future__ import annotations

import sys
from _io import StringIO
from _operator import mul

from . import copies, foreign, piled_up, plain, retained, writers
from .naming import FROM_C

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .answer import Answer
    from .census import Census, Grown
    from .naming import Path

    Frame = tuple[str, int, str]

_MOST_HOLDERS = 20
_MOST_TYPES = 20
_MOST_SIZED = 60
_MOST_COUNTED = 6
"""Holders whose entries are searched for instances of a class."""
_EXPLAINED = 0.8
"""Share of the new instances of a class. If the entries of the growing containers keep at least this share, they
explain the growth of the class."""
_MOST_OWN = 8
"""Lists, dictionaries, generators and similar objects that the search itself keeps while it counts."""
_OWN = __name__.rpartition(".")[0]


class FoundHolder:
    """Containers with the same path, taken together."""

    __slots__ = ("entry_bytes", "lengths", "path", "things")

    def __init__(self, path: Path, one: Grown) -> None:
        self.path, self.things = path, [one]
        self.lengths = list(one.lengths)
        self.entry_bytes = 0

    def add(self, one: Grown) -> None:
        """Add a container: its lengths are added to the sums."""
        self.things.append(one)
        self.lengths = [sum(pair) for pair in zip(self.lengths, one.lengths)]

    @property
    def grew(self) -> int:
        """Growth in entries, from the first look to the last."""
        return self.lengths[-1] - self.lengths[0]

    @property
    def kept(self) -> int:
        """Approximate number of bytes that this growth keeps alive."""
        return self.grew * self.things[0].entry_bytes

    @property
    def grew_throughout(self) -> bool:
        """Whether there were more entries at each look than at the previous one."""
        return all(later > earlier for earlier, later in zip(self.lengths, self.lengths[1:]))

    @property
    def rose(self) -> bool:
        """Whether there were never fewer entries than at the previous look, and more after the second count.

        Until the second count nothing refers to the container: it may have taken the address of a shorter one that the
        program has dropped since the first count.
        """
        return sorted(self.lengths) == self.lengths and self.lengths[-1] > self.lengths[1]


class GrowingType:
    """A class that has more instances than before.

    The collector tracks only a part of the instances of some classes.
    """

    __slots__ = ("after", "before", "bytes", "estimated")

    def __init__(self) -> None:
        self.before = self.after = 0
        self.bytes = 0.0
        self.estimated = False

    def add(self, before: int, after: int, bytes_more: float, *, estimated: bool = False) -> None:
        """Instances at the first count and at the second, and bytes of those that are new."""
        self.before += before
        self.after += after
        self.bytes += bytes_more
        self.estimated = self.estimated or estimated


class Findings:
    """Holders by their path."""

    def __init__(self) -> None:
        self._holders: dict[str, FoundHolder] = {}
        self.untracked: dict[str, tuple[float, float]] = {}
        """For classes that the collector does not track: instances that came with new entries, and all their bytes."""
        self._met: set[int] = set()
        """Ids of the objects that were counted for these classes. An object that two holders share is counted once."""
        self.elsewhere = False
        """Whether anything other than a container was found to grow."""

    def add(self, path: Path, one: Grown) -> None:
        """Add a container and the path to it."""
        known = self._holders.get(path.root + path.text)
        if known is None:
            self._holders[path.root + path.text] = FoundHolder(path, one)
        else:
            known.add(one)

    def write(self, answer: Answer, marks: list[float], watch: writers.WriterWatch | None) -> None:
        """Write the rows of the holders that grew throughout. If one holder is inside another, only the outer one."""
        steady = self._steady()
        if any(type(holder.things[0].thing) is StringIO for holder in steady):
            steady = [holder for holder in steady if not _is_buffer(holder)]
        inside = {id(one.thing) for holder in steady for one in holder.things}
        topmost = [holder for holder in steady if not inside & holder.path.above]
        topmost.sort(key=lambda holder: -holder.grew)
        for holder in topmost[:_MOST_SIZED]:
            holder.entry_bytes = holder.things[0].entry_bytes
        topmost.sort(key=lambda holder: -holder.grew * holder.entry_bytes)
        for holder in topmost[:_MOST_HOLDERS]:
            thing = holder.things[0].thing
            self._count_untracked(holder)
            writer = _writer_of(holder, watch)
            answer.add(
                "holder",
                path=holder.path.text,
                root=holder.path.root,
                container_type=holder.path.kind or plain.type_name(type(thing)),
                weak=retained.is_weak(thing),
                lengths=holder.lengths,
                marks=marks,
                containers=len(holder.things),
                entry_type=retained.entry_type(thing),
                entry_bytes=holder.entry_bytes,
                owns=foreign.type_in(thing),
                bound=plain.limit(thing) or holder.path.limit or None,
                frames=writer.frames,
                guessed=bool(writer.frames) and writer.guessed,
                file=_file_of(holder.path.root),
            )

    def _count_untracked(self, holder: FoundHolder) -> None:
        if retained.is_weak(holder.things[0].thing):
            return
        entries = holder.lengths[1] - holder.lengths[0]
        for name, (each, size) in retained.untracked(holder.things[0].thing, self._met).items():
            count, together = self.untracked.get(name, (0.0, 0.0))
            self.untracked[name] = count + each * entries, together + each * entries * size

    def _steady(self) -> list[FoundHolder]:
        found = list(self._holders.values())
        steady = [holder for holder in found if holder.grew_throughout]
        if self.elsewhere and not steady:
            return []
        # Entries that are added once in a few seconds do not show at each look. They count if they keep more than all
        # that grows at each look.
        most = sum(holder.kept for holder in steady)
        return steady + [one for one in found if one.rose and not one.grew_throughout and one.kept > most]

    def things(self) -> list[object]:
        """Return the containers that grew, without those that hold only weak references."""
        return [one.thing for holder in self._steady() for one in holder.things if not retained.is_weak(one.thing)]

    @property
    def found_any(self) -> bool:
        """Whether anything was found that grows and keeps its entries alive."""
        return self.elsewhere or bool(self.things())

    def explain(self, kind: int, more: int) -> bool:
        """Return whether the new entries of those containers explain most of the new instances of a class.

        `kind`: the id of the class. `more`: how many instances are new. An entry may keep several of them, such as a
        dict with dicts in it.
        """
        strong = [holder for holder in self._steady() if not retained.is_weak(holder.things[0].thing)]
        strong.sort(key=lambda holder: holder.lengths[0] - holder.lengths[1])
        entries = [holder.lengths[1] - holder.lengths[0] for holder in strong]
        if sum(entries) >= _EXPLAINED * more:
            return True
        each = [retained.instances_each(holder.things[0].thing, kind) for holder in strong[:_MOST_COUNTED]]
        kept: float = sum(map(mul, entries, each))
        return kept >= _EXPLAINED * more

    def clear(self) -> None:
        """Drop the references to the containers."""
        self._holders.clear()


def _is_buffer(holder: FoundHolder) -> bool:
    """Whether a list is the buffer in which a `StringIO` collects its texts, before Python 3.12."""
    thing = holder.things[0].thing
    return holder.path.root == FROM_C and type(thing) is list and retained.entry_type(thing) == "str"


def _file_of(root: str) -> str:
    """Return the source file of a root that is a module; empty for other roots, and for modules without a file."""
    kind, _, name = root.partition(" ")
    module = sys.modules.get(name) if kind == "module" else None
    file = plain.module_dict(module).get("__file__") if module is not None else None
    return file if type(file) is str else ""


def _writer_of(holder: FoundHolder, watch: writers.WriterWatch | None) -> writers.Vote:
    things = {id(one) for one in holder.things}
    found = [target.writer() for target in watch.targets if id(target.grown) in things] if watch is not None else []
    return next((one for one in found if one.frames), writers.Vote())


def write_resources(answer: Answer, marks: list[float], counted: piled_up.Resources) -> None:
    """Write the rows of tasks, threads and similar objects whose number rose from each look to the next."""
    for (kind, owner), counts in counted.grown():
        code = counted.codes.get((kind, owner))
        answer.add(
            "holder",
            path=owner,
            root=kind,
            container_type=kind,
            lengths=counts,
            marks=marks,
            entry_bytes=piled_up.ENTRY_BYTES[kind],
            frames=[[code.co_filename, code.co_firstlineno, owner]] if code is not None else [],
        )


def write_structure(
    answer: Answer, path: Path, kind: type, lengths: list[int], marks: list[float], bytes_each: int
) -> None:
    """Write the row of a structure of objects that refer to each other, with the path to it."""
    name = plain.type_name(kind)
    answer.add(
        "holder",
        path=path.text,
        root=path.root,
        container_type=name,
        linked=True,
        lengths=lengths,
        marks=marks,
        entry_type=name,
        entry_bytes=bytes_each,
        frames=[],
    )


def write_copied(answer: Answer, search: copies.CopySearch) -> None:
    """Write the rows of the containers that the program replaces by longer copies."""
    for one in search.found:
        answer.add(
            "holder",
            path=one.path.text,
            root=one.path.root,
            container_type=plain.type_name(type(one.thing)),
            lengths=one.lengths,
            marks=search.marks[-len(one.lengths) :],
            entry_type=retained.entry_type(one.thing),
            entry_bytes=retained.entry_bytes(one.thing)
            if type(one) is copies.CopiedContainer
            else plain.unit(one.thing) or 1,
            owns=one.owns or foreign.type_in(one.thing),
            frames=[],
            file=_file_of(one.path.root),
        )


def write_types(
    answer: Answer,
    marks: list[float],
    census: Census,
    untracked: dict[str, tuple[float, float]],
    brought: dict[str, tuple[float, float]],
) -> None:
    """Write the rows of the types that have more instances than before, the type with the most bytes first.

    `untracked`: classes whose instances come with the entries of holders and can only be estimated, not counted.
    `brought`: the same for objects that come with new instances, without those that the holders explain.
    """
    first, last = census.type_counts
    rows: dict[str, GrowingType] = {}
    for kind, count in last.items():
        name, size = census.type_names[kind]
        grew = count - first.get(kind, 0)
        # The search itself makes a few objects of Python's own classes.
        least = _MOST_OWN if kind in census.of_python else 0
        if grew > least and not name.startswith(_OWN):
            each = census.newest_sizes.get(kind, size)
            rows.setdefault(name, GrowingType()).add(first.get(kind, 0), count, grew * each)
    for name in {**brought, **untracked}:
        # Both are estimates of the same objects. The estimate from new instances adds those that the holders do not
        # explain.
        both = [one[name] for one in (brought, untracked) if name in one]
        more, together = max(both, key=lambda one: one[1])
        if more >= 1:
            rows.setdefault(name, GrowingType()).add(0, int(more), together, estimated=True)
    for name, row in sorted(rows.items(), key=lambda item: -item[1].bytes)[:_MOST_TYPES]:
        each = int(row.bytes / max(1, row.after - row.before))
        answer.add(
            "type", name=name, counts=[row.before, row.after], bytes=each, marks=marks[:2], estimated=row.estimated
        )
