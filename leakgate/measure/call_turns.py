"""From the counters of the probes to a work record: how often the function that ``work`` names was called, and when."""

from typing import Final

from leakgate.model.work_record import RouteCount, Turn, WorkRecord, WorkUnit

NOT_FOUND: Final = -2
IMPOSSIBLE: Final = -3
SHORTEST_S: Final = 0.5
"""Calls of less time than this are counted together: no floor is looked for in a shorter one."""
_MOST_TURNS: Final = 700
"""Turns get longer, so that a long watch does not collect more than some thousands of them."""


class CallTurns:
    """Adds up the calls of all processes, and cuts them into turns."""

    def __init__(self) -> None:
        self._last: dict[int, int] = {}
        self._turns: list[Turn] = []
        self._from_s = self._to_s = 0.0
        self._calls = 0
        self._problems: set[int] = set()
        self._counted = False

    def take(self, pid: int, t_s: float, calls: int) -> None:
        """A reading of one process. ``t_s``: seconds since the watch began; ``calls``: so far, in this process."""
        if calls < 0:
            self._problems.add(calls)
            return
        self._counted = True
        before = self._last.get(pid, 0)
        self._last[pid] = calls
        if t_s < 0:
            return
        self._calls += calls - before if calls >= before else calls  # `exec` starts again at nothing
        self._to_s = max(self._to_s, t_s)
        if self._to_s - self._from_s >= max(SHORTEST_S, self._to_s / _MOST_TURNS):
            self._turns.append(Turn(self._from_s, self._to_s, (RouteCount(0, self._calls, 0),)))
            self._from_s, self._calls = self._to_s, 0

    def record(self, function: str) -> WorkRecord | None:
        """Everything so far; without turns where the function was not found yet, None where nothing can be counted."""
        if not self._counted and NOT_FOUND not in self._problems:
            return None
        return WorkRecord(routes=(function,), turns=tuple(self._turns), unit=WorkUnit.CALL)

    def complaint(self, function: str) -> str:
        """Why nothing can be counted; empty where something can."""
        if self._counted or NOT_FOUND in self._problems:
            return ""
        if IMPOSSIBLE in self._problems:
            return f"work: the calls of {function} were not counted; that needs Python 3.12 or newer and no debugger"
        return f"work: no probe reported, so the calls of {function} were not counted"
