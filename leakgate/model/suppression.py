"""Leaks that the user has accepted in the config: how to recognise them, why they are accepted, and until when."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from leakgate.model.source_ref import SourceRef


class SuppressionSubject(StrEnum):
    """The property of a leak that the pattern is compared with."""

    SIGNATURE = "signature"
    """The leak's stable id."""
    SITE = "site"
    """Where it allocates: ``file:function`` of a frame of its traceback."""
    HOLDER = "holder"
    """The path of its holder: ``myapp.cache._SESSIONS``."""
    LIBRARY = "library"
    """The installed package that a frame of its traceback belongs to."""


class SuppressionState(StrEnum):
    """The state of a suppression after a run."""

    USED = "used"
    UNUSED = "unused"
    EXPIRED = "expired"
    UNTRIED = "untried"
    """It matched nothing, but not every script was judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """One entry of ``suppressions`` in the config."""

    subject: SuppressionSubject
    pattern: str
    """A shell pattern (``*``, ``?``, ``[...]``) that must match the whole text, case-sensitive."""
    reason: str
    """Why this leak is accepted; never empty."""
    expires: date | None = None
    """The last day on which it counts; None: it never expires."""
    owner: str = ""
    origin: SourceRef | None = None

    def has_expired(self, today: date) -> bool:
        """Whether the last day is over."""
        return self.expires is not None and today > self.expires


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionUse:
    """The effect of one suppression in a run."""

    suppression: Suppression
    leaks: int
    """Leaks that it covered, of all scripts."""
    state: SuppressionState
