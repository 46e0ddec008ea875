"""Collects everything that is read while a script runs, in bounded memory, and returns it as evidence at any moment."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from leakgate.measure.readings import Readings
from leakgate.model.evidence import ProcessRole, ProcessTrack, Series
from leakgate.model.metrics import Metric

MAX_PROCESSES: Final = 128
"""Processes with their own track. Beyond this, ended processes with the shortest lives are dropped. The sums of the
tree include all processes."""
LONGEST_COMMAND: Final = 200
LONGEST_WORDS: Final = 2_000
"""The number of characters kept from the end of stderr."""
_JUST_HEARD_S: Final = 2.0
"""Seconds. The system does not use a PID again so soon."""


@dataclass(slots=True)
class _Process:
    pid: int
    created: float | None
    command: str
    first_s: float
    last_s: float
    probed: bool = False
    parent: int = 0
    pooled: bool = False
    raised: bool = False
    status: int | None = None
    last_words: str = ""
    readings: dict[tuple[Metric, bool], Readings] = field(default_factory=dict)

    def track(self, role: ProcessRole) -> ProcessTrack:
        return ProcessTrack(
            pid=self.pid,
            role=role,
            command=self.command,
            first_s=self.first_s,
            last_s=self.last_s,
            probed=self.probed,
            parent=self.parent,
            pooled=self.pooled,
            raised=self.raised,
            status=self.status,
            last_words=self.last_words,
            series=tuple(readings.series() for readings in self.readings.values()),
        )


class Recorder:
    """Collects readings of the tree and of each process. All times are seconds since the start of the watch."""

    def __init__(self, main_pid: int) -> None:
        self._main_pid = main_pid
        self._tree: dict[Metric, Readings] = {}
        self._processes: dict[int, _Process] = {}
        self._past: list[_Process] = []
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """Number of processes without their own track, because there were too many."""
        return self._dropped

    def add_tree(self, metric: Metric, t_s: float, value: float) -> None:
        """Add a reading of the whole tree."""
        if metric not in self._tree:
            self._tree[metric] = Readings(metric)
        self._tree[metric].append(t_s, value)

    def meet(self, pid: int, created: float, command: str, t_s: float, parent: int = 0) -> None:
        """Add a process that was found. An earlier process with its PID has ended. ``parent``: 0 if not known.

        A process that the last search did not find, although it lived, continues its track.
        """
        self._revive(pid, created, t_s)
        known = self._processes.get(pid)
        if known is not None and known.created is None:  # its probe reported before the process was found
            known.created, known.command = created, command[:LONGEST_COMMAND]
            known.parent = parent or known.parent
        elif known is None or known.created != created:
            self._end(pid)
            self._processes[pid] = _Process(pid, created, command[:LONGEST_COMMAND], t_s, t_s, parent=parent)
            self._make_room()

    def _revive(self, pid: int, created: float, t_s: float) -> None:
        """Undo the end of a process that lives. The system's list of processes may miss one while others start."""
        past = next((one for one in reversed(self._past) if one.pid == pid), None)
        if past is None or pid in self._processes:
            return
        is_just_heard = past.created is None and t_s - past.last_s < _JUST_HEARD_S
        if past.created == created or is_just_heard:
            self._past.remove(past)
            self._processes[pid] = past

    def keep_only(self, living: AbstractSet[int]) -> None:
        """Mark all processes as ended, except these."""
        for pid in [pid for pid in self._processes if pid not in living]:
            self._end(pid)

    def is_living(self, pid: int) -> bool:
        """Whether this process was alive at the last search."""
        return pid in self._processes

    def stand_in(self, pid: int) -> int:
        """Return the process that can be asked instead of this one: itself while it is alive and has a probe.

        Else it is its youngest living sibling with a probe. A living process without a probe is only replaced by a
        sibling that runs the same command, such as another worker of the same pool.
        """
        process = self._find(pid)
        lives = pid in self._processes
        if process is None or not process.parent or (lives and process.probed):
            return pid
        siblings = [one for one in self._processes.values() if one.probed and one.parent == process.parent]
        alike = [one for one in siblings if not lives or one.command == process.command]
        return max(alike, key=lambda one: one.first_s).pid if alike else pid

    def siblings(self, pid: int) -> list[tuple[int, float]]:
        """Return the living processes with a probe and the same parent, and the time of their first reading.

        The youngest comes first. The process itself may be among them.
        """
        process = self._find(pid)
        if process is None:
            return []
        alike = [one for one in self._processes.values() if one.probed and one.parent == process.parent]
        return [(one.pid, one.first_s) for one in sorted(alike, key=lambda one: -one.first_s)]

    def is_probed(self, pid: int) -> bool:
        """Whether a probe reports from this process."""
        process = self._find(pid)
        return process is not None and process.probed

    def add(self, pid: int, metric: Metric, t_s: float, value: float, *, settled: bool = False) -> None:
        """Add a reading of one process, which may just have ended. A reading of a process without a track is left out.

        A reading older than the newest one is left out too: in PID namespaces, two processes may report with one PID.
        """
        process = self._find(pid)
        if process is None:
            return
        key = (metric, settled)
        if key not in process.readings:
            process.readings[key] = Readings(metric, settled=settled)
        if t_s < process.readings[key].newest_s:
            return
        process.readings[key].append(t_s, value)
        process.first_s, process.last_s = min(process.first_s, t_s), max(process.last_s, t_s)

    def mark_probed(self, pid: int, t_s: float, parent: int = 0) -> None:
        """Record that a probe reports from this process, which may not have been found yet, or may have ended."""
        process = self._find(pid)
        if process is None:
            process = self._processes[pid] = _Process(pid, None, "", t_s, t_s, parent=parent)
        process.probed = True
        self._make_room()

    def mark_pooled(self, pid: int) -> None:
        """Record that this process is a pool worker, according to its probe."""
        process = self._find(pid)
        if process is not None:
            process.pooled = True

    def mark_raised(self, pid: int) -> None:
        """Record that this process ends because of an uncaught exception, according to its probe."""
        process = self._find(pid)
        if process is not None:
            process.raised = True

    def end(self, pid: int, status: int, last_words: str) -> None:
        """Record the exit status of a process. The status of an earlier process with the same PID is known already."""
        process = self._find(pid)
        if process is not None:
            process.status, process.last_words = status, last_words[-LONGEST_WORDS:]

    def _find(self, pid: int) -> _Process | None:
        if pid in self._processes:
            return self._processes[pid]
        return next((process for process in reversed(self._past) if process.pid == pid), None)

    def _end(self, pid: int) -> None:
        process = self._processes.pop(pid, None)
        if process is not None:
            self._past.append(process)

    def count(self, metric: Metric) -> int:
        """Return the number of readings of the tree so far, without those that were thinned out."""
        return len(self._tree[metric]) if metric in self._tree else 0

    def tree(self) -> tuple[Series, ...]:
        """Return the series of the tree so far."""
        return tuple(readings.series() for readings in self._tree.values())

    def tracks(self, main_pid: int) -> tuple[ProcessTrack, ...]:
        """Return the processes so far, the main process first, the others in the order of their start."""
        everybody = [*self._past, *self._processes.values()]
        main = next((one for one in everybody if one.pid == main_pid), None)
        others = sorted((one for one in everybody if one is not main), key=lambda one: (one.first_s, one.pid))
        children = tuple(other.track(ProcessRole.CHILD) for other in others)
        return children if main is None else (main.track(ProcessRole.MAIN), *children)

    def _make_room(self) -> None:
        while len(self._processes) + len(self._past) > MAX_PROCESSES:
            if self._past:
                shortest = min(self._past, key=lambda one: (one.pid == self._main_pid, one.last_s - one.first_s))
                self._past.remove(shortest)
            else:
                newest = next(reversed(self._processes))
                del self._processes[newest]
            self._dropped += 1
