"""Turns a probe's growing containers into holders.

Those that keep most memory come first, and those that keep little are left out.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from leakgate.blame.insertions import cannot_insert, insertions
from leakgate.model.explain_raw import RawExplanation, RawFrame, RawHolder, RawType
from leakgate.model.explanation import COUNTED_ROOTS, Frame, GrowthSite, Holder, RootKind, TypeGrowth, root_kind_of
from leakgate.model.origin import Origin

FrameNamer = Callable[[tuple[RawFrame, ...]], tuple[Frame, ...]]
SourceReader = Callable[[str], str]
"""Returns the text of a source file; empty if it cannot be read."""


def no_source(_: str) -> str:
    """A reader that has no sources."""
    return ""


_MIRRORS: Final = {RootKind.THREADS: ("threading._active", "threading._dangling", "threading._shutdown_locks")}
"""Containers of the interpreter that grow with the counted resource; the first has the code that adds to it."""
_START: Final = "Thread.start"
_TASKS_OR_FUTURES: Final = frozenset(("Task", "Future"))
_NAME: Final = re.compile(r"(\w+)(?:\[\.\.\.\])*$")
_REMOVES: Final = (
    r"\b{name}\s*\.\s*(?:pop|popitem|popleft|clear|remove|discard|get_nowait)\s*\(",
    r"\bdel\s+(?:\w+\.)*{name}\s*\[",
    r"\blen\(\s*(?:\w+\.)*{name}\s*\)\s*(?:>|>=|==)",
)
_GLOBAL: Final = re.compile(r"\.(\w+)(?:\[\.\.\.\])*")
"""The path of a global variable, or of containers in it, after the name of its module."""
_MOST_SOURCES: Final = 4
"""Files of one holder that are searched for code that removes entries."""
_MOST_READ: Final = 4
"""Holders whose sources are read for the line that inserts."""

MAX_HOLDERS: Final = 20
"""The largest number of holders in an explanation, those that keep most first."""
MAX_TYPES: Final = 20
"""The largest number of types in an explanation."""
UNKNOWN_ENTRY_BYTES: Final = 64
"""The assumed size of an entry if its memory is not known."""
LEAST_SHARE: Final = 0.01
"""Share of the memory that all holders keep. A container that keeps less is noise, unless its entries own native
memory."""
LEAST_GUESSED: Final = 0.05
"""Share of the memory that a place allocates. A container that keeps less is not a candidate for its holder."""
KEPT_TASKS: Final = 0.8
"""New entries of a container of tasks or futures, per new task. At this ratio or more, the container holds the tasks.
"""
MOST_BLOCKS_EACH: Final = 50
"""A thread, task or callback counts as the holder of at most this many blocks. If there are more blocks, something else
grows."""
LEAST_WATCH_S: Final = 0.1
"""Seconds. A shorter look counts as this long, so that a rate a minute stays finite."""


def holders_of(
    answers: Sequence[RawExplanation], frames: FrameNamer, read_source: SourceReader = no_source
) -> tuple[Holder, ...]:
    """The holders of all processes, those that keep most bytes per minute first.

    They are ranked by growth times what a new entry keeps alive, never by size: a large container at rest holds no
    leak. Weak containers are left out: they grow because something else holds their entries.
    """
    known = [(_kept_per_min(raw, holder), _holder(raw, holder, frames)) for raw, holder in _growing(answers)]
    total = sum(kept for kept, _ in known)
    known.sort(key=lambda pair: -pair[0])
    ranked = _without_mirrors([holder for kept, holder in known if holder.owns or kept >= LEAST_SHARE * total])
    ranked = _without_kept_tasks(ranked)
    raws = {holder.path: holder for raw in answers for holder in raw.holders}
    written = [_with_writer(holder, raws.get(holder.path), frames, read_source) for holder in ranked[:_MOST_READ]]
    written += ranked[_MOST_READ:MAX_HOLDERS]
    return tuple(replace(holder, evicts=evicts(holder, read_source)) for holder in written)


def is_read(holder: Holder) -> bool:
    """Whether the inserting line is only known from the source: the probe did not see it insert."""
    return holder.writer is not None and not holder.frames and holder.root_kind not in COUNTED_ROOTS


def _with_writer(holder: Holder, raw: RawHolder | None, frames: FrameNamer, read_source: SourceReader) -> Holder:
    """Return the holder with the inserting line from the source, if the probe did not see one for certain.

    The source decides if the module has exactly one such line. A guessed line that cannot insert is left out.
    """
    if raw is None or (holder.writer is not None and not raw.guessed):
        return holder
    name = _GLOBAL.fullmatch(holder.path.removeprefix(holder.root_name))
    lines = insertions(read_source(raw.file), name[1]) if name is not None and raw.file else ()
    if len(lines) == 1:
        return replace(holder, writer=frames(((raw.file, lines[0], ""),))[0], frames=())
    if holder.writer is not None and cannot_insert(read_source(holder.writer.file), holder.writer.line):
        return replace(holder, writer=None, frames=())
    return holder


def types_of(answers: Iterable[RawExplanation]) -> tuple[TypeGrowth, ...]:
    """Return the classes whose number of instances grows, those with most bytes first.

    Classes with little memory are left out.
    """
    found = [_type(raw, growth) for raw in answers for growth in raw.types]
    found.sort(key=lambda growth: -growth.grew_count * growth.bytes_each)
    least = LEAST_SHARE * sum(growth.grew_count * growth.bytes_each for growth in found)
    return tuple(growth for growth in found[:MAX_TYPES] if growth.grew_count * growth.bytes_each >= least)


def holder_of(site: GrowthSite, holders: tuple[Holder, ...], *, guess: bool = True) -> Holder | None:
    """Return the holder of the memory that one place allocates; None if it is not known.

    It is the container that a function in the traceback of the allocation writes to; the innermost such function
    decides. An object is mostly stored by the function that created it, or by a caller of that function. ``guess``: if
    no function is shared, take a growing container that the same files write to, else the growing container that keeps
    most.
    """
    places = [(frame.file, frame.function) for frame in site.frames if frame.origin is not Origin.STDLIB]
    enough = [one for one in holders if not _keeps_too_little(one, site)]
    shared = [(near, holder) for holder in enough if (near := _shared_frame(places, holder)) is not None]
    if shared:
        return min(shared, key=lambda pair: pair[0])[1]
    growing = [one for one in holders if one.grew_per_min > 0]
    if not guess or not growing:
        return None
    files = {file for file, _ in places}
    of_the_files = (one for one in growing if any(frame.own and frame.file in files for frame in one.frames))
    guessed = next(of_the_files, growing[0])
    return None if _keeps_too_little(guessed, site) else guessed


def _keeps_too_little(holder: Holder, site: GrowthSite) -> bool:
    """Whether a container keeps far less memory than the place allocates: a function may fill two containers."""
    too_little = 0 < holder.kept_bytes_per_s < LEAST_GUESSED * site.bytes_per_s and not holder.owns
    return too_little and not _comes_as_often(holder, site)


def starts_thread(site: GrowthSite) -> bool:
    """Whether the memory is allocated while a thread is started: its stack is native memory."""
    return any(frame.origin is Origin.STDLIB and frame.function == _START for frame in site.frames)


def _comes_as_often(holder: Holder, site: GrowthSite) -> bool:
    """Whether enough threads, tasks or callbacks were added to explain the blocks of the site.

    The memory that such a resource keeps cannot be read, so the bytes of its holder are not evidence.
    """
    blocks_per_s = site.bytes_per_s * site.grew_blocks / site.grew_bytes if site.grew_bytes > 0 else 0.0
    return holder.root_kind in COUNTED_ROOTS and blocks_per_s <= MOST_BLOCKS_EACH * holder.grew_per_min / 60


def _shared_frame(places: list[tuple[str, str]], holder: Holder) -> int | None:
    """Return the index of the innermost frame whose function also inserts into the holder; None if there is none."""
    stack = (*holder.frames, *((holder.writer,) if holder.writer is not None else ()))
    writing = {(frame.file, frame.function) for frame in stack}
    return next((index for index, place in enumerate(places) if place in writing), None)


def evicts(holder: Holder, read_source: SourceReader) -> bool:
    """Whether the code that fills a container also removes entries from one of that name: it may have a limit."""
    found = _NAME.search(holder.path)
    if found is None or holder.writer is None:
        return False
    removes = re.compile("|".join(_REMOVES).format(name=re.escape(found[1])))
    files = [frame.file for frame in (holder.writer, *holder.frames) if frame.origin is not Origin.STDLIB]
    return any(removes.search(read_source(file)) for file in list(dict.fromkeys(files))[:_MOST_SOURCES])


def _growing(answers: Iterable[RawExplanation]) -> list[tuple[RawExplanation, RawHolder]]:
    pairs = [(raw, holder) for raw in answers for holder in raw.holders]
    return [(raw, holder) for raw, holder in pairs if not holder.weak]


def _without_mirrors(holders: list[Holder]) -> list[Holder]:
    """If threads are counted, leave out the interpreter's own containers of threads: they only show who starts them."""
    for root, mirrors in _MIRRORS.items():
        if not any(holder.root_kind is root for holder in holders):
            continue
        source = next((holder for holder in holders if holder.path == mirrors[0]), None)
        holders = [holder for holder in holders if not holder.path.startswith(mirrors)]
        if source is not None:
            holders = [replace(one, writer=source.writer) if one.root_kind is root else one for one in holders]
    return holders


def _without_kept_tasks(holders: list[Holder]) -> list[Holder]:
    """Leave out counted tasks if a container takes as many tasks, or as many futures that tasks wait for.

    The tasks and the entries are then one leak, and the container has a path and a line that inserts.
    """
    taking = (one.grew_per_min for one in holders if one.entry_type.rpartition(".")[2] in _TASKS_OR_FUTURES)
    taken = max(taking, default=0.0)
    return [one for one in holders if one.root_kind is not RootKind.TASKS or taken < KEPT_TASKS * one.grew_per_min]


def _kept_per_min(raw: RawExplanation, holder: RawHolder) -> float:
    return _per_min(raw, holder.lengths, holder.watched_s) * (holder.entry_bytes or UNKNOWN_ENTRY_BYTES)


def _holder(raw: RawExplanation, holder: RawHolder, frames: FrameNamer) -> Holder:
    root_kind = root_kind_of(holder.root)
    stack = frames(holder.frames) if holder.frames else ()
    writer = frames((holder.writer,))[0] if holder.writer is not None else None
    if writer is None and root_kind not in COUNTED_ROOTS:
        writer = next((frame for frame in stack if frame.origin is not Origin.STDLIB), None)
    return Holder(
        path=holder.path,
        root=holder.root,
        root_kind=root_kind,
        container_type=holder.container_type,
        weak=holder.weak,
        linked=holder.linked,
        length=holder.lengths[-1] if holder.lengths else 0,
        grew_per_min=_per_min(raw, holder.lengths, holder.watched_s),
        bound=holder.bound,
        writer=writer,
        entry_type=holder.entry_type,
        frames=stack,
        kept_bytes_per_s=_kept_per_min(raw, holder) / 60,
        owns=holder.owns,
    )


def _type(raw: RawExplanation, growth: RawType) -> TypeGrowth:
    return TypeGrowth(
        name=growth.name,
        grew_count=_rise(growth.counts),
        count_per_min=_per_min(raw, growth.counts, growth.watched_s),
        bytes_each=float(growth.bytes),
        estimated=growth.estimated,
    )


def _rise(counts: tuple[int, ...]) -> int:
    return counts[-1] - counts[0] if len(counts) > 1 else 0


def _per_min(raw: RawExplanation, counts: tuple[int, ...], watched_s: float) -> float:
    if watched_s <= 0:
        watched_s = raw.window.t1_s - raw.window.t0_s if raw.window is not None else 1.0
    return 60.0 * _rise(counts) / max(LEAST_WATCH_S, watched_s)
