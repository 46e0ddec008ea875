"""Reads the probes' gauge files. The measured program may write these files, so their contents are checked."""

import math
import os
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from leakgate.files import NotPlainError, open_plain_file, read_held_file
from leakgate.growth.noise import BYTES_PER_BLOCK
from leakgate.measure.call_turns import IMPOSSIBLE, CallTurns
from leakgate.measure.processes import ProgramMarks, lives
from leakgate.measure.recorder import Recorder
from leakgate.model.metrics import Metric

HEADER: Final = struct.Struct("<8sIIdQ")
RECORD: Final = struct.Struct("<dqqqqqIIdd")
MAGIC: Final = b"LKGAUGE1"
SETTLED: Final = 1
_POOLED: Final = 16
_RAISED: Final = 32
_LAST: Final = 8
_NONE_NAMED: Final = -1
_DISTURBED: Final = 2 | 4
"""Flags for tracing or explaining. Such a reading includes leakgate's own memory and is not judged."""

MAX_FILES: Final = 256
_MAX_ENTRIES: Final = 4096
_LARGEST_LOOK_BYTES: Final = 4096 * RECORD.size
_MAX_LAST_LOOKS: Final = 64
_MAX_DAMAGED: Final = 64
_LARGEST_PID: Final = 2**32
_LARGEST_VALUE: Final = 2**53
_CLOCK_SLACK_S: Final = 1.0
_LOOK_FOR_FILES_S: Final = 0.5
_NAME: Final = re.compile(r"gauges-(\d{1,10})(?:-(\d{1,3}))?\.bin")


@dataclass(frozen=True, slots=True)
class Gauge:
    """One record of a gauge file. A count is -1 if the probe cannot count it."""

    clock_s: float
    blocks: int
    native: int
    tasks: int
    collections: int
    calls: int
    """Calls of the function that ``work`` names, in this process so far.

    -1 if no function is named, -2 if it was not found, -3 if its calls cannot be counted.
    """
    flags: int
    seq: int
    cost_s: float
    pause_s: float

    @property
    def sane(self) -> bool:
        """Whether the values are possible."""
        counts = (self.blocks, self.native, self.tasks)
        sane = all(-1 <= count < _LARGEST_VALUE for count in counts) and IMPOSSIBLE <= self.calls < _LARGEST_VALUE
        return sane and math.isfinite(self.clock_s)


class GaugeReader:
    """Reads one gauge file in pieces of bounded size."""

    def __init__(self, path: Path, pid: int) -> None:
        self.pid = pid
        self.parent = 0
        """PID of the process that started this one, according to its probe; 0 if not known."""
        self.path = path
        self.opened = False
        """Whether a valid header was read."""
        self.met = False
        """Whether a record was accepted. On a busy machine the first one may come long after the header."""
        self.damaged = 0
        """Number of records with impossible values."""
        self._offset = 0
        self._descriptor = -1
        """Kept open: if the program empties the temporary folder, the probe still writes to this file."""
        self._shift_s = 0.0
        self.last_s = -math.inf
        """The monotonic clock at the newest reading that was accepted."""

    @property
    def given_up(self) -> bool:
        """Whether so many records are damaged that the rest of the file is ignored."""
        return self.damaged > _MAX_DAMAGED

    def read(self, started: float, now: float) -> Iterator[tuple[float, Gauge]]:
        """Yield the complete records that were added, each with its seconds since the start.

        ``started`` and ``now`` are readings of this machine's monotonic clock. The probe uses the same clock, unless
        the script runs in its own time namespace. Then its times are shifted by the difference at the first look.
        """
        data = self._take()
        if not self.opened:
            if len(data) < HEADER.size:
                return
            magic, size, pid, clock_s, parent = HEADER.unpack_from(data)
            if magic != MAGIC or size != RECORD.size or pid != self.pid or not math.isfinite(clock_s):
                self.damaged = _MAX_DAMAGED + 1
                return
            self.opened = True
            self.parent = parent if parent < _LARGEST_PID else 0
            self._offset = HEADER.size
            if not started - _CLOCK_SLACK_S <= clock_s <= now + _CLOCK_SLACK_S:
                self._shift_s = now - clock_s
            data = data[HEADER.size :]
        whole = len(data) // RECORD.size * RECORD.size
        self._offset += whole
        for fields in RECORD.iter_unpack(data[:whole]):
            gauge = Gauge(*fields)
            at = gauge.clock_s + self._shift_s
            if not (gauge.sane and self.last_s <= at <= now + _CLOCK_SLACK_S):
                self.damaged += 1
                continue
            self.last_s = at
            yield max(0.0, at - started), gauge

    def _take(self) -> bytes:
        if self.given_up:
            return b""
        try:
            if self._descriptor < 0:
                self._descriptor = open_plain_file(self.path)
            return read_held_file(self._descriptor, _LARGEST_LOOK_BYTES, self._offset)
        except NotPlainError:
            self.damaged = _MAX_DAMAGED + 1
        except OSError:
            pass  # the file does not exist yet, or was removed
        return b""

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class Feed:
    """All gauge files of a channel, read into a recorder."""

    def __init__(
        self,
        channel: Path,
        recorder: Recorder,
        main_pid: int,
        started: float,
        born: float | None = None,
        *,
        lives: Callable[[int], bool] = lives,
    ) -> None:
        """``started``: when the watch began; earlier readings are left out. ``born``: when the script was started.

        ``lives`` tells whether the system has a process with this PID.
        """
        self._channel = channel
        self._lives = lives
        self._recorder = recorder
        self.main_pid = main_pid
        """PID of the script's process: the process that was started; if that is a launcher, the first with a probe."""
        self._started_pid = main_pid
        self._started = started
        self._born = started if born is None else born
        self._files: dict[str, GaugeReader] = {}
        self.calls = CallTurns()
        """Calls of the function that ``work`` names."""
        self._finished: set[str] = set()
        self._programs = ProgramMarks()
        """The programs in which the probes were at their first readings."""
        self._looked = -math.inf
        self.main_ends = False
        """Whether the probe of the main process has reported that the interpreter is about to end."""
        self.heard = False
        """Whether any probe has reported."""
        self.obeyed_seq = 0
        """Number of the newest command that the main process's probe has seen."""
        self.longest_settle_s = 0.0
        """The longest time, in seconds, for which a collection that leakgate asked for held a process."""
        self._disturbed: set[int] = set()
        """The processes whose last reading was taken during an explanation."""
        self._in_use: dict[int, tuple[int, int | None]] = {}
        """By process, its heap and native memory at its last reading, in bytes; native is None if not known."""

    @property
    def in_use_bytes(self) -> tuple[int | None, int | None]:
        """Heap and native memory of all living processes with a probe, in bytes; None if no process reports it.

        The heap is an estimate for display.
        """
        living = [both for pid, both in self._in_use.items() if pid == self.main_pid or self._recorder.is_living(pid)]
        native = [one for _, one in living if one is not None]
        return sum(heap for heap, _ in living) if living else None, sum(native) if native else None

    def poll(self, now: float, *, at_once: bool = False) -> bool:
        """Read what was added since the last call. Returns whether there was anything.

        ``at_once``: also look for the files of new processes, which is otherwise done twice a second.
        """
        if at_once or now - self._looked >= _LOOK_FOR_FILES_S or not self._files:
            self._looked = now
            self._find_files()
        found = False
        for name, file in list(self._files.items()):
            before = file.damaged
            count = self._read(file, now)
            found = found or count > 0
            if count == 0 and file.damaged == before and self._has_ended(file.pid):
                self._drop(name, file)
        return found

    def drain(self, now: float) -> None:
        """Read the rest after the script has ended, with a limited number of reads."""
        self._looked = -math.inf
        for _look in range(_MAX_LAST_LOOKS):
            if not self.poll(now):
                return

    def silent(self, since_s: float) -> dict[int, float]:
        """Return the living processes whose probe has reported, but not after ``since_s``.

        The values are the monotonic clock of the last reading. The main process is left out if its probe has reported
        that the interpreter ends, because no further reading is expected then.
        """
        newest: dict[int, float] = {}
        for file in self._files.values():
            if file.met and self._recorder.is_living(file.pid):
                newest[file.pid] = max(file.last_s, newest.get(file.pid, -math.inf))
        if self.main_ends:
            newest.pop(self.main_pid, None)
        return {pid: at_s for pid, at_s in newest.items() if at_s < since_s}

    def is_replaced(self, pid: int) -> bool:
        """Whether a process has called ``exec`` since its probe was there; False if that is not known."""
        return self._programs.are_replaced(pid)

    @property
    def are_explaining(self) -> bool:
        """Whether a living process was still being explained at its last reading."""
        return any(map(self._recorder.is_living, self._disturbed))

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()

    def complaints(self) -> tuple[str, ...]:
        """Return notes for a trial about files whose readings were ignored."""
        spoilt = sorted(file.pid for file in self._files.values() if file.given_up)
        return tuple(
            f"the readings of the probe in process {pid} are damaged; leakgate ignored them from there on"
            for pid in spoilt
        )

    def _find_files(self) -> None:
        try:
            with os.scandir(self._channel) as entries:
                names = [entry.name for entry in islice(entries, _MAX_ENTRIES)]
        except OSError:
            return  # the script deleted the folder: earlier readings stay
        found = [match for match in map(_NAME.fullmatch, names) if match is not None]
        for match in sorted(found, key=_age_of_name):
            name = match[0]
            if name not in self._files and name not in self._finished and len(self._files) < MAX_FILES:
                self._files[name] = GaugeReader(self._channel / name, int(match[1]))

    def _read(self, file: GaugeReader, now: float) -> int:
        count = 0
        earlier_s = self._started - self._born
        for since_birth_s, gauge in file.read(self._born, now):
            t_s = since_birth_s - earlier_s
            if not file.met:
                self._meet(file, max(0.0, t_s))
            count += 1
            if gauge.calls != _NONE_NAMED:
                self.calls.take(file.pid, t_s, gauge.calls)
            if t_s >= 0:
                self._record(file.pid, t_s, gauge)
        return count

    def _meet(self, file: GaugeReader, t_s: float) -> None:
        if not self.heard or file.pid == self._started_pid:
            self.main_pid = file.pid
        self.heard = file.met = True
        self._programs.note(file.pid)
        self._recorder.mark_probed(file.pid, t_s, file.parent)

    def _record(self, pid: int, t_s: float, gauge: Gauge) -> None:
        if pid == self.main_pid:
            self.obeyed_seq = max(self.obeyed_seq, gauge.seq)
        self.main_ends = self.main_ends or (pid == self.main_pid and bool(gauge.flags & _LAST))
        if gauge.flags & _POOLED:
            self._recorder.mark_pooled(pid)
        if gauge.flags & _RAISED:
            self._recorder.mark_raised(pid)
        if gauge.flags & _DISTURBED:
            self._disturbed.add(pid)
            return
        self._disturbed.discard(pid)
        settled = bool(gauge.flags & SETTLED)
        if settled and math.isfinite(gauge.pause_s):
            self.longest_settle_s = max(self.longest_settle_s, gauge.pause_s)
        for metric, value in (
            (Metric.BLOCKS, gauge.blocks),
            (Metric.NATIVE, gauge.native),
            (Metric.TASKS, gauge.tasks),
        ):
            if value >= 0:
                self._recorder.add(pid, metric, t_s, value, settled=settled)
        if gauge.blocks >= 0:
            self._in_use[pid] = round(gauge.blocks * BYTES_PER_BLOCK), gauge.native if gauge.native >= 0 else None

    def _has_ended(self, pid: int) -> bool:
        """Whether a process other than the main one has ended.

        The recorder does not know a process that has started since the last search, so the system is asked too.
        """
        return pid != self.main_pid and not self._recorder.is_living(pid) and not self._lives(pid)

    def _drop(self, name: str, file: GaugeReader) -> None:
        """Close and remove the file of a process that has ended, so that neither the folder nor memory fills up."""
        del self._files[name]
        self._in_use.pop(file.pid, None)
        self._disturbed.discard(file.pid)
        self._programs.forget(file.pid)
        file.close()
        try:
            file.path.unlink()
        except OSError:
            self._finished.add(name)


def _age_of_name(name: re.Match[str]) -> int:
    """Sort key for the files of a folder: if a process replaced itself by `exec`, its oldest file comes first."""
    return int(name[2] or 0)
