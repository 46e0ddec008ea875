"""Whether a server got no requests while it was watched, judged by its sockets and its processor time."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import psutil

LOOK_EVERY_S: Final = 1.0
IDLE_SHARE: Final = 0.02
"""Processor time of a process per second. An idle server with the probe used 0.7 to 1.1 % on a busy machine."""
LEAST_S: Final = 2.0
"""Seconds. This is half of the shortest watch after which the growth rules can conclude."""


@dataclass(slots=True)
class IdleWatch:
    """Reads the processor time of a process tree once a second."""

    idle_port: int = 0
    """A port on which the tree listened while it was idle; 0: none, or not known. Set by `conclude`."""
    _next_s: float = 0.0
    _seen: list[tuple[float, float, int]] = field(default_factory=list)
    """Readings: seconds, processor seconds of the living processes, and their number."""

    def look(self, now_s: float, processes: list[psutil.Process]) -> None:
        """Take a reading, if one is due."""
        if now_s >= self._next_s:
            self._next_s = now_s + LOOK_EVERY_S
            self._seen.append((now_s, _processor_s(processes), len(processes)))

    def conclude(self, now_s: float, processes: list[psutil.Process]) -> None:
        """Decide by the readings of the second half of the watch, when the imports are over."""
        self._seen.append((now_s, _processor_s(processes), len(processes)))
        late = [one for one in self._seen if one[0] >= now_s / 2]
        if len(late) < 2 or late[-1][0] - late[0][0] < LEAST_S:
            return
        worked_s = sum(max(0.0, after[1] - before[1]) for before, after in pairwise(late))
        allowed_s = IDLE_SHARE * (late[-1][0] - late[0][0]) * max(one[2] for one in late)
        if worked_s < allowed_s:
            self.idle_port = _listening_port(processes)


def _processor_s(processes: list[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system
    return total


def _listening_port(processes: list[psutil.Process]) -> int:
    for process in processes:
        try:
            sockets = process.net_connections("tcp")
        except (psutil.Error, OSError):
            continue
        for one in sockets:
            if one.status == psutil.CONN_LISTEN:
                return int(one.laddr.port)
    return 0
