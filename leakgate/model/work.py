"""What a server was asked while it was watched, and what it answered."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    """Requests of one route, sent one after another; before and after it nothing was on its way."""

    route: int
    """Index into the routes of the record."""
    from_s: float
    """Seconds since the script was started."""
    to_s: float
    """When the last answer had come."""
    sent: int
    """Requests that were answered, as expected or not, or that failed."""
    expected: int
    failed: int
    """Answers with another status, and requests without a whole answer."""
    sent_bytes: int = 0
    received_bytes: int = 0


@dataclass(frozen=True, slots=True)
class UnexpectedAnswer:
    """The first answer of its kind that was not as expected. Text of the measured program: hostile."""

    route: int
    what: str
    """``status 404``, ``no answer within 30.0 s``, ``connection refused``."""
    answer: str
    """How the answer began; empty where there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRecord:
    """Everything that the load generator counted."""

    routes: tuple[str, ...]
    """``GET /items/{n}``."""
    turns: tuple[Turn, ...]
    """In the order of time."""
    unexpected: tuple[UnexpectedAnswer, ...] = ()
    cpu_s: float = 0.0
    """Processor time that the load took; 0 where it did not end in order."""

    @property
    def sent(self) -> int:
        """All requests."""
        return sum(turn.sent for turn in self.turns)

    @property
    def expected(self) -> int:
        """Those that were answered as expected."""
        return sum(turn.expected for turn in self.turns)
