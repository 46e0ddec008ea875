"""How fast requests may be sent: limited by the rate that the user sets, and by the processor time of the load."""

import time
from collections.abc import Callable
from typing import Final

_LOOK_EVERY: Final = 8
"""Requests between two readings of the processor time."""
_CREDIT_S: Final = 0.05
"""Seconds for which unused processor time, or unused requests, can still be used later."""


class Throttle:
    """Computes how long the next request must wait."""

    def __init__(
        self,
        rate_per_s: float | None,
        processor_share: float,
        now_s: float,
        cpu_clock: Callable[[], float] = time.process_time,
    ) -> None:
        """``processor_share``: processor seconds that this process may use in each second. ``now_s``: of any clock."""
        self._cpu_clock = cpu_clock
        self._apart_s = 1 / rate_per_s if rate_per_s else 0.0
        self._share = processor_share
        self._next_s = self._seen_s = now_s
        self._seen_cpu_s = cpu_clock()
        self._credit_s = 0.0
        self._until_look = _LOOK_EVERY

    def reserve(self, now_s: float) -> float:
        """Return the seconds for which the next request must wait. It counts as sent after them."""
        self._until_look -= 1
        if self._until_look <= 0:
            self._until_look = _LOOK_EVERY
            owed_s = self._owed_s(now_s)
            if owed_s > 0:
                self._next_s = max(self._next_s, now_s + owed_s)
        at_s = max(self._next_s, now_s - _CREDIT_S)
        if self._apart_s:
            self._next_s = at_s + self._apart_s
        return max(0.0, at_s - now_s)

    def _owed_s(self, now_s: float) -> float:
        """Return the seconds for which the load must rest, because it has used more processor time than its share."""
        cpu_s = self._cpu_clock()
        earned_s = self._share * (now_s - self._seen_s)
        most_s = self._share * _CREDIT_S
        self._credit_s = min(most_s, self._credit_s + earned_s - (cpu_s - self._seen_cpu_s))
        self._seen_s, self._seen_cpu_s = now_s, cpu_s
        return -self._credit_s / self._share if self._credit_s < 0 else 0.0
