"""Reads a probe's answer file into a RawExplanation. The measured program can write it, so every field is checked."""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeVar

from leakgate.files import read_plain_file
from leakgate.model.explain_raw import (
    RawExplanation,
    RawFrame,
    RawHolder,
    RawNativeSite,
    RawResource,
    RawSite,
    RawType,
    RawWindow,
)

_T = TypeVar("_T")

MAX_BYTES: Final = 32 * 1024 * 1024
_MAX_ENTRIES: Final = 5_000
"""Limit for each kind of line. A probe sends the largest entries first."""
_MAX_NOTES: Final = 50
_MAX_FRAMES: Final = 64
_MAX_MARKS: Final = 1_000
_LONGEST_TEXT: Final = 1_000
_LONGEST_LINE: Final = 4_000_000
"""Bytes. The values of a longer line could need a hundred times its memory; a probe's lines are far shorter."""
_LARGEST_NUMBER: Final = 2**53
_LAST_LINE: Final = 2**31


class NotUnderstoodError(Exception):
    """A line that does not follow the protocol."""


@dataclass(slots=True)
class _Answer:
    pid: int
    started: float
    pause_s: float = 0.0
    window: RawWindow | None = None
    sites: list[RawSite] = field(default_factory=list)
    native_sites: list[RawNativeSite] = field(default_factory=list)
    types: list[RawType] = field(default_factory=list)
    holders: list[RawHolder] = field(default_factory=list)
    resources: list[RawResource] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    complete: bool = False
    looked: bool = False

    def take(self, entry: dict[str, object]) -> None:
        """Take one line. Unknown kinds are ignored: they come from a later version."""
        match entry.get("kind"):
            case "window":
                self.window = _window(entry, self.started)
            case "site":
                _add(self.sites, entry, _site)
            case "native-site":
                _add(self.native_sites, entry, _native_site)
            case "type":
                _add(self.types, entry, _type)
            case "holder":
                _add(self.holders, entry, _holder)
            case "resource":
                _add(self.resources, entry, _resource)
            case "looked":
                self.looked = True
            case "note":
                _add(self.notes, entry, lambda note: _text(note.get("text")), _MAX_NOTES)
            case "end":
                self.pause_s = _seconds(entry.get("pause_s", 0.0))
                self.complete = True

    def value(self) -> RawExplanation:
        return RawExplanation(
            pid=self.pid,
            pause_s=self.pause_s,
            window=self.window,
            sites=tuple(self.sites),
            native_sites=tuple(self.native_sites),
            types=tuple(self.types),
            holders=tuple(self.holders),
            resources=tuple(self.resources),
            notes=tuple(self.notes),
            complete=self.complete,
            looked=self.looked,
        )


def read_explanation(path: Path, pid: int, started: float) -> RawExplanation | None:
    """Return the answer of one process; None if the file cannot be read.

    ``started`` is the monotonic clock when the script was started. Lines that do not follow the protocol are left out
    and counted in a note. Of a file above 32 MB, only the beginning is read.
    """
    try:
        data = read_plain_file(path, MAX_BYTES)
    except OSError:
        return None
    answer = _Answer(pid, started)
    strange = 0
    for line in _lines(data):
        try:
            if len(line) > _LONGEST_LINE:
                raise NotUnderstoodError("too long")  # noqa: TRY301 - one place counts them all
            entry = json.loads(line, parse_constant=_refuse)
            if not isinstance(entry, dict):
                raise NotUnderstoodError("no object")  # noqa: TRY301 - one place counts them all
            answer.take(entry)
        except (ValueError, RecursionError, NotUnderstoodError):
            strange += 1
    raw = answer.value()
    if strange:
        note = f"{strange} lines of the explanation from process {pid} were not understood"
        raw = replace(raw, notes=(*raw.notes, note))
    return raw


def _lines(data: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        if end > start:
            yield data[start:end]
        start = end + 1


def _add(
    entries: list[_T],
    entry: dict[str, object],
    read: Callable[[dict[str, object]], _T],
    limit: int = _MAX_ENTRIES,
) -> None:
    if len(entries) < limit:
        entries.append(read(entry))


def _window(entry: dict[str, object], started: float) -> RawWindow:
    t0_s, t1_s = _number(entry.get("t0")) - started, _number(entry.get("t1")) - started
    if t1_s < t0_s:
        raise NotUnderstoodError("a window that ends before it begins")
    return RawWindow(
        t0_s=t0_s,
        t1_s=t1_s,
        marks_s=tuple(_number(mark) - started for mark in _list(entry.get("marks", []))),
        traced_bytes=_integers(entry.get("traced_bytes", [])),
        traced_blocks=_integers(entry.get("traced_blocks", [])),
        live_blocks=_integers(entry.get("live_blocks", [])),
        large_bytes=_integers(entry.get("large_bytes", [])),
        native_bytes=_integers(entry.get("native_bytes", [])),
    )


def _site(entry: dict[str, object]) -> RawSite:
    sizes, blocks = _integers(entry.get("bytes")), _integers(entry.get("blocks"))
    large_bytes = _integers(entry.get("large_bytes", []))
    large_blocks = _integers(entry.get("large_blocks", []))
    if len(sizes) != len(blocks) or len(large_bytes) != len(large_blocks):
        raise NotUnderstoodError("bytes and blocks of different marks")
    return RawSite(
        frames=_frames(entry.get("frames"), at_least=1),
        bytes=sizes,
        blocks=blocks,
        large_bytes=large_bytes,
        large_blocks=large_blocks,
    )


def _native_site(entry: dict[str, object]) -> RawNativeSite:
    return RawNativeSite(
        frames=_frames(entry.get("frames"), at_least=1),
        bytes=_integer(entry.get("bytes")),
        calls=_integer(entry.get("calls")),
        total=_integer(entry.get("total")),
        seconds=_seconds(entry.get("seconds", 0.0)),
    )


def _type(entry: dict[str, object]) -> RawType:
    return RawType(
        name=_text(entry.get("name")),
        counts=_integers(entry.get("counts")),
        bytes=_integer(entry.get("bytes", 0)),
        watched_s=_watched(entry.get("marks", [])),
        estimated=entry.get("estimated") is True,
    )


def _holder(entry: dict[str, object]) -> RawHolder:
    bound, writer = entry.get("bound"), entry.get("writer")
    return RawHolder(
        path=_text(entry.get("path")),
        root=_text(entry.get("root", "")),
        container_type=_text(entry.get("container_type", "")),
        lengths=_integers(entry.get("lengths", [])),
        bound=None if bound is None else _integer(bound),
        entry_type=_text(entry.get("entry_type", "")),
        writer=None if writer is None else _frame(writer),
        frames=_frames(entry.get("frames", [])),
        watched_s=_watched(entry.get("marks", [])),
        entry_bytes=_integer(entry.get("entry_bytes", 0)),
        weak=entry.get("weak") is True,
        linked=entry.get("linked") is True,
        owns=_text(entry.get("owns", "")),
        file=_text(entry.get("file", "")),
        guessed=entry.get("guessed") is True,
    )


def _resource(entry: dict[str, object]) -> RawResource:
    return RawResource(
        metric=_text(entry.get("metric")),
        what=_text(entry.get("what", "")),
        count=_integer(entry.get("count")),
        watched_s=_seconds(entry.get("seconds", 0.0)),
        frames=_frames(entry.get("frames", [])),
    )


def _watched(value: object) -> float:
    marks = [_number(mark) for mark in _list(value)[:_MAX_MARKS]]
    if any(later < earlier for earlier, later in pairwise(marks)):
        raise NotUnderstoodError("marks that are not in order")
    return marks[-1] - marks[0] if marks else 0.0


def _frames(value: object, at_least: int = 0) -> tuple[RawFrame, ...]:
    frames = tuple(_frame(frame) for frame in _list(value)[:_MAX_FRAMES])
    if len(frames) < at_least:
        raise NotUnderstoodError("no frames")
    return frames


def _frame(value: object) -> RawFrame:
    match value:
        case [file, line]:
            return _text(file), _line(line), ""
        case [file, line, function]:
            return _text(file), _line(line), _text(function)
        case _:
            raise NotUnderstoodError("no frame")


def _line(value: object) -> int:
    line = _integer(value)
    if not 0 <= line < _LAST_LINE:
        raise NotUnderstoodError("no line number")
    return max(1, line)


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise NotUnderstoodError("no list")
    return value


def _integers(value: object) -> tuple[int, ...]:
    return tuple(_integer(one) for one in _list(value)[:_MAX_MARKS])


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= _LARGEST_NUMBER:
        raise NotUnderstoodError("no integer")
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < _LARGEST_NUMBER:
        raise NotUnderstoodError("no number")
    return float(value)


def _seconds(value: object) -> float:
    number = _number(value)
    if not (math.isfinite(number) and number >= 0):
        raise NotUnderstoodError("no time")
    return number


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise NotUnderstoodError("no text")
    return value[:_LONGEST_TEXT]


def _refuse(constant: str) -> float:
    raise NotUnderstoodError(constant)
