"""The work of a script while it was watched: requests to a server and its answers, or calls of a function."""

from dataclasses import dataclass
from enum import StrEnum


class WorkUnit(StrEnum):
    """What was counted."""

    REQUEST = "request"
    """Requests of leakgate's own load."""
    CALL = "call"
    """Calls of the function that the key ``work`` names."""


@dataclass(frozen=True, slots=True)
class RouteCount:
    """The results of the requests of one route in one turn."""

    route: int
    """Index into the routes of the record."""
    expected: int
    """Answers as expected."""
    failed: int
    """Answers with another status, and requests without a complete answer."""

    @property
    def sent(self) -> int:
        """All requests."""
        return self.expected + self.failed


@dataclass(frozen=True, slots=True)
class Turn:
    """Requests of a few routes, mostly one. No request is pending before and after a turn."""

    from_s: float
    """Seconds since the script was started."""
    to_s: float
    """When the last answer had arrived, in seconds since the script was started."""
    counts: tuple[RouteCount, ...]
    sent_bytes: int = 0
    received_bytes: int = 0

    @property
    def sent(self) -> int:
        """All requests."""
        return sum(one.sent for one in self.counts)


@dataclass(frozen=True, slots=True)
class UnexpectedAnswer:
    """The first answer of its kind that was not as expected. Text of the measured program: hostile."""

    route: int
    what: str
    """``status 404``, ``no answer within 30.0 s``, ``connection refused``."""
    answer: str
    """How the answer began; empty if there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRecord:
    """Everything that was counted."""

    routes: tuple[str, ...]
    """Names of the routes: ``GET /items/{n}``; for calls, the one function."""
    turns: tuple[Turn, ...]
    """In the order of time."""
    unexpected: tuple[UnexpectedAnswer, ...] = ()
    cpu_s: float = 0.0
    """Processor time of the load in seconds; 0 if the load did not end normally."""
    unit: WorkUnit = WorkUnit.REQUEST

    @property
    def sent(self) -> int:
        """All requests."""
        return sum(turn.sent for turn in self.turns)

    @property
    def expected(self) -> int:
        """Requests that were answered as expected."""
        return sum(one.expected for turn in self.turns for one in turn.counts)

    @property
    def per_s(self) -> float:
        """Requests or calls per second during the turns, without the rests."""
        played_s = sum(turn.to_s - turn.from_s for turn in self.turns)
        return self.sent / played_s if played_s > 0 else 0.0


def unit_of(work: WorkRecord | None) -> WorkUnit:
    """What was counted; requests where nothing was."""
    return WorkUnit.REQUEST if work is None else work.unit


@dataclass(frozen=True, slots=True)
class IterationRate:
    """How much a metric grows with every request or call: the estimate and its 95 % interval, in the metric's unit."""

    estimate: float
    low: float
    high: float


class RouteVerdict(StrEnum):
    """The verdict on the growth of one route."""

    LEAK = "leak"
    OK = "ok"
    UNSURE = "unsure"
    """Its growth cannot be told apart from that of other routes, or from noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteGrowth:
    """One route: its requests in the whole watch, and the memory that it keeps."""

    route: str
    sent: int
    """Requests of the whole watch."""
    expected: int
    """Requests that were answered as expected."""
    growth: IterationRate | None
    """Bytes per request; None if they could not be determined."""
    verdict: RouteVerdict
