"""Allocation sites: `tracemalloc` for a few seconds, late, so that it knows only of what was allocated since.

`_tracemalloc` is used without `tracemalloc` around it, which would load pickle and more into the program.
"""

from __future__ import annotations

import os
import time

import _tracemalloc

from . import collect, gauges, wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from .explain import Answer
    from .sampler import Sampler

    Frames = tuple[tuple[str, int], ...]

_FOLDER = os.path.dirname(os.path.abspath(__file__))
_THREAD_FILE = os.path.join(_FOLDER, "sampler.py")
_FRAMES = 16
_MARKS = 5
_MARKS_WHEN_SLOW = 3
_SLOW_COLLECTION_S = 0.1
_LARGEST_TABLES = 64_000_000
_MOST_TRACEBACKS = 20_000
_MOST_SITES = 50
_LOOK_S = 0.05
_SHORTEST_S = 2.0
_ENOUGH_MARKS = 3
_ENOUGH_BLOCKS = 40
_EXPLAINED_BYTES = 64_000

_started = False


class Mark:
    """What lived at one moment, of what was allocated since tracing began; the probe's own left out."""

    __slots__ = ("at_s", "frames", "native", "sites", "traced_blocks", "traced_bytes")

    def __init__(self) -> None:
        self.at_s = time.monotonic()
        self.native = gauges.read_native() - _tracemalloc.get_tracemalloc_memory()
        self.traced_bytes = self.traced_blocks = 0
        self.sites: dict[int, tuple[int, int]] = {}
        """Bytes and blocks by the traceback's hash: a mark holds no tracebacks, which would be large."""
        self.frames: dict[int, Frames] = {}
        """The tracebacks, of the newest mark only."""


class Summary:
    """What other parts of the explanation need to know."""

    def __init__(self, first: Mark, last: Mark) -> None:
        traced = last.traced_bytes - first.traced_bytes
        self.explains_native = traced > _EXPLAINED_BYTES and last.native - first.native < traced * 0.5


def explain(sampler: Sampler, answer: Answer, window_s: float) -> Generator[float, None, Summary | None]:
    """Trace for `window_s` at most, less when the answer is clear; yields how long to wait."""
    global _started  # noqa: PLW0603 - there is one tracemalloc
    own = not _tracemalloc.is_tracing()
    if not own:
        answer.note("the script traces its own allocations: its traces were used")
        if _tracemalloc.get_tracemalloc_memory() > _LARGEST_TABLES:
            answer.note("the script's traces are too many to be read")
            return None
    pause_s = yield from collect.settle()
    answer.held(pause_s)
    if own:
        _tracemalloc.start(_FRAMES)
        _started = True
    sampler.flags |= wire.TRACING
    try:
        marks = yield from _take_marks(answer, window_s, _MARKS_WHEN_SLOW if pause_s > _SLOW_COLLECTION_S else _MARKS)
    finally:
        sampler.flags &= ~wire.TRACING
        abandon()
    _write(answer, marks)
    return Summary(marks[0], marks[-1])


def abandon() -> None:
    """Stop tracing if it was started here."""
    global _started  # noqa: PLW0603
    if _started:
        _started = False
        _tracemalloc.stop()


def _take_marks(answer: Answer, window_s: float, count: int) -> Generator[float, None, list[Mark]]:
    """The first mark comes after an interval: by then, what merely replaces older objects has stopped to grow."""
    started = time.monotonic()
    marks: list[Mark] = []
    full = False
    while len(marks) < count and not full:
        due = started + window_s * (len(marks) + 1) / count
        while time.monotonic() < due and not full:
            yield min(_LOOK_S, max(0.0, due - time.monotonic()))
            full = _tracemalloc.get_tracemalloc_memory() > _LARGEST_TABLES
        if full:
            answer.note("the program allocates faster than can be traced for long: the window was cut short")
        answer.held((yield from collect.settle()))
        if marks:
            marks[-1].frames.clear()
        marks.append(_take_mark(answer))
        if time.monotonic() - started >= _SHORTEST_S and _clear(marks):
            break
    return marks


def _take_mark(answer: Answer) -> Mark:
    mark = Mark()
    before = time.perf_counter()
    traces = _tracemalloc._get_traces()
    answer.held(time.perf_counter() - before)
    by_traceback: dict[int, list] = {}
    for trace in traces:  # equal tracebacks are one object within one answer
        entry = by_traceback.get(id(trace[2]))
        if entry is None:
            by_traceback[id(trace[2])] = [trace[1], 1, trace[2]]
        else:
            entry[0] += trace[1]
            entry[1] += 1
    own = [entry for entry in by_traceback.values() if not _is_probe(entry[2])]
    mark.traced_bytes = sum(entry[0] for entry in own)
    mark.traced_blocks = sum(entry[1] for entry in own)
    if len(own) > _MOST_TRACEBACKS:
        own.sort(key=lambda entry: -entry[0])
        del own[_MOST_TRACEBACKS:]
    for size, blocks, frames in own:
        key = hash(frames)
        mark.sites[key] = size, blocks
        mark.frames[key] = frames
    return mark


def _is_probe(frames: Frames) -> bool:
    """Allocated by the probe: its own line, or anything on its own thread."""
    return frames[0][0].startswith(_FOLDER) or frames[-1][0] == _THREAD_FILE


def _grown(marks: list[Mark]) -> list[tuple[int, int]]:
    """(growth in bytes, traceback's hash) from the first mark to the last, largest first."""
    first, last = marks[0].sites, marks[-1].sites
    grown = [(size - first.get(key, (0, 0))[0], key) for key, (size, _) in last.items()]
    return sorted(((growth, key) for growth, key in grown if growth > 0), reverse=True)


def _clear(marks: list[Mark]) -> bool:
    """Whether the largest grower grew in every interval, by enough to be no accident."""
    grown = _grown(marks)
    if len(marks) < _ENOUGH_MARKS or not grown:
        return False
    blocks = [mark.sites.get(grown[0][1], (0, 0))[1] for mark in marks]
    rises = [later > earlier for earlier, later in zip(blocks, blocks[1:])]  # noqa: B905, RUF007 - newer than 3.9
    return all(rises) and blocks[-1] - blocks[0] >= _ENOUGH_BLOCKS


def _write(answer: Answer, marks: list[Mark]) -> None:
    answer.add(
        "window",
        t0=marks[0].at_s,
        t1=marks[-1].at_s,
        marks=[mark.at_s for mark in marks],
        traced_bytes=[mark.traced_bytes for mark in marks],
        traced_blocks=[mark.traced_blocks for mark in marks],
        native_bytes=[mark.native for mark in marks],
    )
    for _, key in _grown(marks)[:_MOST_SITES]:
        at_marks = [mark.sites.get(key, (0, 0)) for mark in marks]
        answer.add(
            "site",
            frames=[frame for frame in marks[-1].frames[key] if not frame[0].startswith(_FOLDER)],
            bytes=[size for size, _ in at_marks],
            blocks=[blocks for _, blocks in at_marks],
        )
