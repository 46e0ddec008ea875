"""Counts the results of requests, and writes the counts turn by turn."""

import json
import time
from dataclasses import dataclass, field
from typing import IO, Final

MOST_UNEXPECTED: Final = 40
"""Limit for the kinds of unexpected answers that are written. A server can produce any number of kinds."""


@dataclass(slots=True)
class Counts:
    """Numbers of answers to the requests of one route in one turn."""

    expected: int = 0
    failed: int = 0


@dataclass(slots=True)
class Tally:
    """The counters of the current turn, and the file to which they are written."""

    file: IO[str]
    counts: dict[int, Counts] = field(default_factory=dict)
    sent_bytes: int = 0
    received_bytes: int = 0
    _from_s: float = 0.0
    _known: set[tuple[int, str]] = field(default_factory=set)

    def routes(self, names: tuple[str, ...]) -> None:
        """Write the first line: the routes. The number of a route is its position in this list."""
        self._write("routes", names=names)

    def begin_turn(self) -> None:
        """Begin a turn: set the counters to zero."""
        self.counts = {}
        self.sent_bytes = self.received_bytes = 0
        self._from_s = time.monotonic()

    def end_turn(self) -> None:
        """Write the counts since the beginning of the turn."""
        if self.counts:
            rows = [[route, one.expected, one.failed] for route, one in self.counts.items()]
            self._write(
                "turn",
                from_s=self._from_s,
                to_s=time.monotonic(),
                counts=rows,
                sent_bytes=self.sent_bytes,
                received_bytes=self.received_bytes,
            )
        self.counts = {}

    def as_expected(self, route: int) -> None:
        """Count an answer with an expected status."""
        self._of(route).expected += 1

    def failed(self, route: int, what: str, answer: str = "") -> None:
        """Count an unexpected or missing answer. Write the first one of each kind (``what``) for each route."""
        self._of(route).failed += 1
        if (route, what) not in self._known and len(self._known) < MOST_UNEXPECTED:
            self._known.add((route, what))
            self._write("failure", route=route, what=what, answer=answer)

    def _of(self, route: int) -> Counts:
        counts = self.counts.get(route)
        if counts is None:
            counts = self.counts[route] = Counts()
        return counts

    def ended(self, cpu_s: float, peak_bytes: int) -> None:
        """Write the last line of a normal end."""
        self._write("ended", cpu_s=cpu_s, peak_bytes=peak_bytes)

    def refused(self, why: str, hint: str) -> None:
        """Write that the load could not begin."""
        self._write("refused", why=why, hint=hint)

    def _write(self, event: str, **details: object) -> None:
        self.file.write(json.dumps({"event": event, **details}) + "\n")
        self.file.flush()
