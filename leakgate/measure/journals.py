"""Reads the runners' reports about repeated tests: lines of JSON in the channel. They are hostile text."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from leakgate.files import read_plain_file
from leakgate.growth.counts import SERIES, fit_together
from leakgate.model.evidence import RepeatedTest
from leakgate.model.repeated import Repetitions, TestOutcome

_MOST_BYTES: Final = 512 * 1024 * 1024
"""Limit for one journal. The line of a test has about 500 bytes."""
_PIECE: Final = 4 * 1024 * 1024
_LONGEST_LINE: Final = 2 * 1024 * 1024
_LONGEST_TEXT: Final = 10_000
_LONGEST_ID: Final = 4_000
_MOST_BROKEN: Final = 1_000
_MOST_TESTS: Final = 200_000
_MOST_VALUES: Final = 4_000
_LARGEST: Final = 2**53


class _StrangeLineError(Exception):
    """A line that does not follow the protocol."""


_DAMAGES: Final = (
    _StrangeLineError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""The exceptions that are raised for a line that does not follow the protocol. The measured program can write such
lines."""


@dataclass(slots=True)
class JournalReader:
    """The contents of one process's journal so far."""

    path: Path
    offset: int = 0
    rest: bytes = b""
    current: str = ""
    """The test that runs now; empty between two tests."""
    repeating: bool = False
    """Whether its normal run has ended and it is being repeated."""
    started: list[str] = field(default_factory=list)
    tests: list["LoggedTest"] = field(default_factory=list)
    collected: int = 0
    """Number of tests of the whole suite."""
    here: int = 0
    """Number of tests that this process runs."""
    runner: str = ""
    ended: bool = False
    failure: str = ""
    """Why the runner could not work; empty if it could."""
    broken: list[tuple[str, str]] = field(default_factory=list)
    strange: int = 0


@dataclass(frozen=True, slots=True)
class LoggedTest:
    """One test from a journal, and the name of its explanation."""

    __test__ = False

    test: RepeatedTest
    explanation: str = ""
    """Name of a file in the channel; empty without an explanation."""
    confirming: bool = False
    """Whether this was a confirmation: caches were emptied, and the rule could answer "leak"."""
    moments: tuple[float, ...] = ()
    """The clock of the explanation at the end of each repetition, in seconds; empty without an explanation."""


def read_journals(folder: Path, known: dict[str, JournalReader]) -> None:
    """Read what was written to the journals of a channel since the last call, into ``known``."""
    for path in sorted(folder.glob("tests-*.jsonl")):
        journal = known.setdefault(path.name, JournalReader(path))
        for line in _new_lines(journal):
            try:
                entry = json.loads(line, parse_constant=_refuse)
                _take(journal, entry)
            except _DAMAGES:
                journal.strange += 1


def _new_lines(journal: JournalReader) -> Iterator[bytes]:
    while journal.offset < _MOST_BYTES:
        try:
            piece = read_plain_file(journal.path, _PIECE, journal.offset)
        except OSError:
            return
        if not piece:
            return
        journal.offset += len(piece)
        *lines, rest = (journal.rest + piece).split(b"\n")
        journal.rest = rest[-_LONGEST_LINE:]
        yield from (line for line in lines if 0 < len(line) <= _LONGEST_LINE)


def _refuse(name: str) -> float:
    raise _StrangeLineError(name)


def _take(journal: JournalReader, entry: Any) -> None:  # noqa: ANN401 - JSON of unknown shape
    match entry.get("kind"):
        case "collected":
            journal.collected, journal.here = _whole(entry["tests"]), _whole(entry["here"])
            journal.runner = _text(entry["pytest"], 100)
        case "start":
            journal.current, journal.repeating = _text(entry["id"], _LONGEST_ID), False
            if len(journal.started) < _MOST_TESTS:
                journal.started.append(journal.current)
        case "repeat":
            journal.repeating = True
        case "once" | "test" if len(journal.tests) < _MOST_TESTS:
            line = _once(entry) if entry["kind"] == "once" else _repeated(entry)
            if journal.tests and journal.tests[-1].test.id == line.test.id:  # the same answer, now with an explanation
                journal.tests.pop()
            journal.tests.append(line)
            journal.current, journal.repeating = "", False
        case "broken" if len(journal.broken) < _MOST_BROKEN:
            journal.broken.append((_text(entry["id"], _LONGEST_ID), _text(entry["text"])))
        case "failed":
            journal.failure = _text(entry["message"])
        case "end":
            journal.ended = True


def _once(entry: dict[str, Any]) -> LoggedTest:
    outcome = _text(entry["outcome"], 100)
    return LoggedTest(
        RepeatedTest(
            id=_text(entry["id"], _LONGEST_ID),
            outcome=TestOutcome.PASSED if outcome == "not-repeated" else TestOutcome(outcome),
            text=_text(entry["text"]),
            plain_s=_seconds(entry["plain_s"]),
        )
    )


def _repeated(entry: dict[str, Any]) -> LoggedTest:
    readings = entry["readings"]
    file, line = entry["line"]
    count = _whole(entry["repetitions"])
    series = {name: _unpack(readings[name]) for name in SERIES if readings.get(name)}
    if not fit_together(series, count):
        raise _StrangeLineError("series of lengths that do not fit")
    first = Repetitions(
        answer=_text(entry["answer"], 100),
        count=count,
        stopped=_text(entry["stopped"], 100),
        seconds=_seconds(entry["seconds"]),
        failure=_text(entry["failure"]),
        readings=MappingProxyType(series),
        caches=tuple(_text(name, 300) for name in entry["caches"][:50]),
    )
    test = RepeatedTest(
        id=_text(entry["id"], _LONGEST_ID),
        outcome=TestOutcome.PASSED,
        file=_text(file, _LONGEST_ID),
        line=_whole(line),
        plain_s=_seconds(entry["plain_s"]),
        first=first,
        budget=_text(entry.get("budget", ""), 200),
    )
    moments = tuple(_seconds(moment) for moment in entry.get("moments", ())[:50_000])
    explanation, confirming = _text(entry.get("explanation", ""), 200), entry.get("confirming") is True
    if confirming:
        test = replace(test, first=None, confirmed=first)
    return LoggedTest(test, explanation, confirming, moments)


def _unpack(packed: list[Any]) -> tuple[int, ...]:
    """Unpack a series: the first value, then pairs (difference, how often in a row)."""
    values = [_integer(packed[0])]
    for step, times in zip(packed[1::2], packed[2::2], strict=True):
        if _whole(times) + len(values) > _MOST_VALUES:
            raise _StrangeLineError("too many readings")
        for _ in range(times):
            values.append(values[-1] + _integer(step))
    return tuple(values)


def _integer(value: object) -> int:
    if type(value) is not int or abs(value) > _LARGEST:
        raise _StrangeLineError("no whole number")
    return value


def _whole(value: object) -> int:
    number = _integer(value)
    if number < 0:
        raise _StrangeLineError("a number below 0")
    return number


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value) or value < 0:
        raise _StrangeLineError("no time")
    return float(value)


def _text(value: object, longest: int = _LONGEST_TEXT) -> str:
    if not isinstance(value, str):
        raise _StrangeLineError("no text")
    return value[:longest]
