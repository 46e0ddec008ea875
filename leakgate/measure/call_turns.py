"""Makes a work record from the probes' counts: how often the function that ``work`` names was called, and when."""

from typing import Final

from leakgate.model.work_record import RouteCount, Turn, WorkRecord, WorkUnit

NOT_FOUND: Final = -2
IMPOSSIBLE: Final = -3
SHORTEST_S: Final = 0.5
"""Shortest length of a turn, in seconds. A shorter turn would have no floor."""
_MOST_TURNS: Final = 700
"""Limits the number of turns: they get longer, so that a long watch has at most a few thousand of them."""


class CallTurns:
    """Adds the calls of all processes, and divides them into turns."""

    def __init__(self) -> None:
        self._last: dict[int, int] = {}
        self._turns: list[Turn] = []
        self._from_s = self._to_s = 0.0
        self._calls = 0
        self._problems: set[int] = set()
        self._counted = False

    def take(self, pid: int, t_s: float, calls: int) -> None:
        """Record a reading of one process.

        ``t_s``: seconds since the start of the watch. ``calls``: calls in this process so far, or a negative code.
        """
        if calls < 0:
            self._problems.add(calls)
            return
        self._counted = True
        before = self._last.get(pid, 0)
        self._last[pid] = calls
        if t_s < 0:
            return
        self._calls += calls - before if calls >= before else calls  # after `exec` the count starts again at 0
        self._to_s = max(self._to_s, t_s)
        if self._to_s - self._from_s >= max(SHORTEST_S, self._to_s / _MOST_TURNS):
            self._turns.append(Turn(self._from_s, self._to_s, (RouteCount(0, self._calls, 0),)))
            self._from_s, self._calls = self._to_s, 0

    def record(self, function: str) -> WorkRecord | None:
        """Return all turns so far; without turns if the function was not found yet; None if nothing can be counted."""
        if not self._counted and NOT_FOUND not in self._problems:
            return None
        return WorkRecord(routes=(function,), turns=tuple(self._turns), unit=WorkUnit.CALL)

    def complaint(self, function: str) -> str:
        """Return why nothing can be counted; empty if calls can be counted."""
        if self._counted or NOT_FOUND in self._problems:
            return ""
        if IMPOSSIBLE in self._problems:
            return f"work: the calls of {function} were not counted; that needs Python 3.12 or newer and no debugger"
        return f"work: no probe reported, so the calls of {function} were not counted"
