"""Counts what became of the requests, and writes it down turn by turn."""

import json
import time
from dataclasses import dataclass, field
from typing import IO, Final

MOST_UNEXPECTED: Final = 40
"""Kinds of unexpected answers that are written down; a server can invent as many as it likes."""


@dataclass(slots=True)
class Counts:
    """What became of the requests of one route in one turn."""

    expected: int = 0
    failed: int = 0


@dataclass(slots=True)
class Tally:
    """The counters of the turn that is being played, and the file that gets them."""

    file: IO[str]
    counts: dict[int, Counts] = field(default_factory=dict)
    sent_bytes: int = 0
    received_bytes: int = 0
    _from_s: float = 0.0
    _known: set[tuple[int, str]] = field(default_factory=set)

    def routes(self, names: tuple[str, ...]) -> None:
        """The first line: the routes, whose numbers are their places in this list."""
        self._write("routes", names=names)

    def begin_turn(self) -> None:
        """Start to count at zero."""
        self.counts = {}
        self.sent_bytes = self.received_bytes = 0
        self._from_s = time.monotonic()

    def end_turn(self) -> None:
        """Write down what was counted since the turn began."""
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
        """An answer came with a status that was expected."""
        self._of(route).expected += 1

    def failed(self, route: int, what: str, answer: str = "") -> None:
        """Another answer came, or none."""
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
        """The last line of an orderly end."""
        self._write("ended", cpu_s=cpu_s, peak_bytes=peak_bytes)

    def refused(self, why: str, hint: str) -> None:
        """The load could not begin."""
        self._write("refused", why=why, hint=hint)

    def _write(self, event: str, **details: object) -> None:
        self.file.write(json.dumps({"event": event, **details}) + "\n")
        self.file.flush()
