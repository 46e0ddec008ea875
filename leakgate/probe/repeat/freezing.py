"""When the objects that a test has leaked so far are frozen, so that collections skip them."""

from __future__ import annotations

_FIRST = 36
"""Repetitions before the first time, which is a full collection. After it, the number doubles each time."""
_SPENT = 2
"""After this many times the seconds of a full collection, spent on smaller ones, another full collection pays: a test
that leaks thousands of objects in each call would spend nearly all of its time on collections."""


class Freezing:
    """Says after which repetitions all objects are frozen again."""

    __slots__ = ("_due", "_spent_s", "_whole_s")

    def __init__(self, whole_s: float) -> None:
        """`whole_s`: seconds of a full collection; 0 if none was made before the first repetition."""
        self._due = _FIRST
        self._spent_s, self._whole_s = 0.0, whole_s

    def spend(self, seconds: float) -> None:
        """Add the seconds of the collections after one repetition."""
        self._spent_s += seconds

    def is_due(self, repetitions: int) -> bool:
        """Whether to freeze after this many repetitions."""
        return repetitions >= self._due or (self._whole_s > 0 and self._spent_s > _SPENT * self._whole_s)

    def done(self, repetitions: int, seconds: float) -> None:
        """Record a full collection, after which all objects were frozen, and the seconds that it took."""
        if repetitions >= self._due:
            self._due *= 2
        self._spent_s, self._whole_s = 0.0, seconds
