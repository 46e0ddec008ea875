"""Reads the results of the load generator while it writes them."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from leakgate.files import read_plain_file
from leakgate.model.work_record import RouteCount, Turn, UnexpectedAnswer, WorkRecord

_MOST_AT_ONCE: Final = 4_000_000
_LONGEST_LINE: Final = 1_000_000
_LARGEST: Final = 2**53


@dataclass(slots=True)
class WorkFeed:
    """The counters of one load. Call `poll` regularly, and once more after the load has ended."""

    path: Path
    """The result file of the load, which may not exist yet."""
    started_s: float
    """``time.monotonic()`` of the start of the watch."""
    refusal: tuple[str, str] | None = None
    """Why the load could not begin, and what to do; None if it could."""
    ended: bool = False
    """Whether the load has written its last line."""
    _routes: tuple[str, ...] = ()
    _turns: list[Turn] = field(default_factory=list)
    _unexpected: list[UnexpectedAnswer] = field(default_factory=list)
    _cpu_s: float = 0.0
    _offset: int = 0
    _pending: bytes = b""

    def poll(self) -> None:
        """Read what was written since the last call."""
        try:
            while chunk := read_plain_file(self.path, _MOST_AT_ONCE, self._offset):
                self._offset += len(chunk)
                *lines, self._pending = (self._pending + chunk).split(b"\n")
                for line in lines:
                    self._take(line)
                if len(self._pending) > _LONGEST_LINE:
                    self._pending = b""
        except OSError:  # the file does not exist yet, or the folder was removed already
            return

    def record(self) -> WorkRecord | None:
        """Return everything so far; None before the load has begun."""
        if not self._routes:
            return None
        return WorkRecord(
            routes=self._routes,
            turns=tuple(self._turns),
            unexpected=tuple(self._unexpected),
            cpu_s=self._cpu_s,
        )

    def _take(self, line: bytes) -> None:
        if len(line) > _LONGEST_LINE:
            return
        try:
            event: dict[str, Any] = json.loads(line)
            match event["event"]:
                case "routes":
                    self._routes = tuple(map(_text, event["names"]))
                case "turn":
                    self._turns.append(self._turn(event))
                case "failure":
                    self._unexpected.append(self._failure(event))
                case "ended":
                    self._cpu_s, self.ended = _seconds(event["cpu_s"]), True
                case "refused":
                    self.refusal = (_text(event["why"]), _text(event["hint"]))
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):  # incomplete, as on a full disk
            return

    def _turn(self, event: dict[str, Any]) -> Turn:
        counts = tuple(
            RouteCount(self._route(route), _whole(expected), _whole(failed))
            for route, expected, failed in event["counts"]
        )
        return Turn(
            from_s=_seconds(event["from_s"]) - self.started_s,
            to_s=_seconds(event["to_s"]) - self.started_s,
            counts=counts,
            sent_bytes=_whole(event["sent_bytes"]),
            received_bytes=_whole(event["received_bytes"]),
        )

    def _failure(self, event: dict[str, Any]) -> UnexpectedAnswer:
        return UnexpectedAnswer(self._route(event["route"]), _text(event["what"]), _text(event["answer"]))

    def _route(self, value: object) -> int:
        if _whole(value) >= len(self._routes):
            raise ValueError("no such route")
        return _whole(value)


def _whole(value: object) -> int:
    if not isinstance(value, int) or not 0 <= value < _LARGEST:
        raise ValueError("no count")
    return value


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or not abs(value) < _LARGEST:
        raise ValueError("no time")
    return float(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value[:_LONGEST_LINE]
