"""The messages of the runner to leakgate: lines of JSON in a file of the channel, each appended with a single write."""

from __future__ import annotations

import json
import os

from ..system import system
from .originals import Original

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .repeat_result import RepeatResult

VERSION = 1
_LONGEST_TEXT = 4_000
_encode = json.JSONEncoder(separators=(",", ":")).encode
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class Journal:
    """`tests-PID.jsonl`. It is opened for each line, so it works with tests that close descriptors."""

    def __init__(self, channel: str) -> None:
        self.channel = os.path.abspath(channel)
        self._path = os.path.join(self.channel, "tests-%d.jsonl" % Original.own_pid())

    def in_child(self) -> Journal:
        """Return the journal of a process that was just forked."""
        return Journal(self.channel)

    def add(self, kind: str, **values: Any) -> None:
        """Append a line."""
        line = _encode({"kind": kind, **values}) + "\n"
        descriptor = system.open(self._path, _FLAGS, 0o600)
        try:
            system.write(descriptor, line.encode("ascii"))
        finally:
            system.close(descriptor)

    def add_result(self, name: str, result: RepeatResult, **values: Any) -> None:
        """Append the line of one test that was repeated."""
        self.add(
            "test",
            id=name,
            answer=result.answer,
            repetitions=result.repetitions,
            stopped=result.stopped,
            seconds=round(result.seconds, 4),
            failure=short(result.failure),
            caches=result.caches,
            readings={key: steps(series) for key, series in result.readings.items()},
            **values,
        )


def short(text: str) -> str:
    """Return the beginning and the end of a long text; a short text as it is."""
    if len(text) <= _LONGEST_TEXT:
        return text
    half = _LONGEST_TEXT // 2
    return text[:half] + "\n...\n" + text[-half:]


def steps(values: Sequence[int]) -> list[int]:
    """Return the first value, then pairs (difference, how often in a row). A flat series has three numbers."""
    if not values:
        return []
    packed = [values[0]]
    for earlier, later in zip(values, values[1:]):
        step = later - earlier
        if len(packed) > 1 and packed[-2] == step:
            packed[-1] += 1
        else:
            packed += (step, 1)
    return packed
