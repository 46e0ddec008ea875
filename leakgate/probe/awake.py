"""A clock for waits that does not count time in which the whole process stood still.

The probe waits for the program: for growth, for a pending call, for new files. A busy machine may stop the process for
seconds, and a laptop may sleep. The program does nothing in that time, so the wait must not end because of it. Each
wait reads this clock every few milliseconds. Of the time between two readings, at most `_MOST_S` counts.
"""

from __future__ import annotations

from .system import system

_MOST_S = 0.25
"""Five times the longest pause between two looks of a wait: a slow machine does not lengthen the waits, a stop does."""

_counted_s = 0.0
_looked_s = float("-inf")


def awake_s() -> float:
    """Return the seconds counted so far. Only differences between two results have a meaning."""
    global _counted_s, _looked_s  # noqa: PLW0603 - a process has one clock
    now = system.monotonic()
    _counted_s += min(now - _looked_s, _MOST_S)
    _looked_s = now
    return _counted_s
