"""Probes that have stopped reporting although their process is alive: since when, and why, if that can be seen."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from leakgate.measure.channel import Channel
from leakgate.measure.feed import RECORD, Feed
from leakgate.model.units import format_duration

SILENT_S: Final = 3.0
"""Seconds: the time of thirty readings at the usual interval. A collection of 30 million objects takes this long."""
_LOOK_S: Final = 1.0


@dataclass(slots=True)
class SilenceWatch:
    """Checks once a second, while the processes are alive. After their end the reasons could not be seen."""

    channel: Channel
    feed: Feed
    started: float
    """The monotonic clock when the watch began."""
    _next_look_s: float = 0.0
    _silent: dict[int, str] = field(default_factory=dict)
    """The note about each silent process, by PID."""
    _restored_s: list[float] = field(default_factory=list)

    def look(self, now: float) -> None:
        """Find the probes that are silent now. ``now`` is a reading of the monotonic clock."""
        if now < self._next_look_s:
            return
        self._next_look_s = now + _LOOK_S
        if self.channel.restore():
            self._restored_s.append(now - self.started)
        silent = self.feed.silent(now - SILENT_S)
        for pid in self._silent.keys() - silent.keys():
            del self._silent[pid]
        for pid in silent.keys() - self._silent.keys():
            after = format_duration(max(0.0, silent[pid] - self.started))
            self._silent[pid] = (
                f"the probe in process {pid} stopped reporting after {after}: {self._reason(pid)}; "
                "its counts until then are not judged, only the resident memory"
            )

    def _reason(self, pid: int) -> str:
        if self.feed.is_replaced(pid):
            return "the process called `exec` and now runs another program"
        return _reason(pid, self.channel.folder)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the report; empty if no probe is silent."""
        found = list(self._silent.values())
        if self._restored_s:
            found.append(
                f"the folder through which the probe reports was deleted after {format_duration(self._restored_s[0])}, "
                "and was made again: something empties the temporary folder"
            )
        return tuple(found)


def _reason(pid: int, folder: Path) -> str:
    if not os.access(folder, os.W_OK):
        return f"its folder {folder} is gone or cannot be written to"
    if psutil.disk_usage(str(folder)).free < RECORD.size:
        return f"no space is left on the disk of {folder}"
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_STOPPED:
            return "the process is stopped (SIGSTOP)"
        if hasattr(process, "rlimit"):
            limit = process.rlimit(psutil.RLIMIT_FSIZE)[0]
            written = max((path.stat().st_size for path in folder.glob(f"gauges-{pid}*.bin")), default=0)
            if 0 <= limit < written + RECORD.size:
                return f"the process may write no file larger than {limit} bytes (RLIMIT_FSIZE, `ulimit -f`)"
    except (psutil.Error, OSError):
        pass
    return "a call into C lets no other thread run, or the readings could not be written"
