"""Reads a process tree from outside: resident memory at every poll, expensive numbers less often."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psutil

from leakgate.measure.processes import identity_of, shared_without_file_bytes
from leakgate.measure.recorder import Recorder
from leakgate.model.metrics import Metric

_WORDS_OF_PROBE: Final = 3
"""Words of a command line that belong to the probe: its path, the channel and the interval; see
`leakgate/targets/plan.py`."""
RESCAN_S: Final = 0.5
"""Seconds between two searches for new processes."""
COUNTS_S: Final = 1.0
"""Seconds between two counts of descriptors and threads."""
EARLY_COUNTS_S: Final = 0.25
EARLY_S: Final = 20.0
"""Seconds. Until this time they are counted more often, because a watch of eight seconds needs three readings in each
quarter."""


def own_command(words: list[str]) -> str:
    """Return the command line of a process, without the words that started the probe. Forked children have them too."""
    parts = Path(words[1]).parts[-3:] if len(words) > _WORDS_OF_PROBE else ()
    if parts == ("leakgate", "probe", "__main__.py"):
        words = [words[0], *words[1 + _WORDS_OF_PROBE :]]
    return " ".join(words)


class TreePoller:
    """Polls the processes of one tree."""

    def __init__(
        self, list_tree: Callable[[], list[int]], main_pid: int, main_command: str, recorder: Recorder
    ) -> None:
        """``list_tree`` returns the PIDs of the tree at this moment."""
        self._list_tree = list_tree
        self._main_pid = main_pid
        self._main_command = main_command
        self._recorder = recorder
        self._tree: dict[int, psutil.Process] = {}
        self._next_scan_s = 0.0
        self._next_counts_s = 0.0
        self.rss_bytes = 0
        """Resident memory of the tree in bytes, at the last reading."""

    def poll(self, t_s: float) -> bool:
        """Take a reading at ``t_s`` seconds after the start of the watch. Returns False if no process is alive."""
        if t_s >= self._next_scan_s:
            self._next_scan_s = t_s + RESCAN_S
            self._scan(t_s)
        if not self._read_memory(t_s):
            return False
        if t_s >= self._next_counts_s:
            self._next_counts_s = t_s + (EARLY_COUNTS_S if t_s < EARLY_S else COUNTS_S)
            self._count(t_s)
        return True

    @property
    def processes(self) -> list[psutil.Process]:
        """The processes of the tree at the last search."""
        return list(self._tree.values())

    def _scan(self, t_s: float) -> None:
        found: dict[int, psutil.Process] = {}
        for pid in self._list_tree():
            try:
                process = psutil.Process(pid)
                known = self._tree.get(pid)
                if known is None or identity_of(known) != identity_of(process):
                    command = self._main_command if pid == self._main_pid else own_command(process.cmdline())
                    self._recorder.meet(pid, process.create_time(), command, t_s, process.ppid())
                else:
                    process = known
            except psutil.Error:
                continue  # it ended during the search
            found[pid] = process
        self._tree = found
        self._recorder.keep_only(found.keys())

    def _read_memory(self, t_s: float) -> bool:
        rss = anonymous = 0
        living = unreaped = 0
        for pid, process in self._tree.items():
            try:
                memory = process.memory_info()
            except psutil.Error:
                continue
            if memory.rss == 0:
                unreaped += 1
                continue  # a zombie, or a process that is just being started
            living += 1
            rss += memory.rss
            self._recorder.add(pid, Metric.RSS, t_s, memory.rss)
            if sys.platform == "linux":
                no_file = memory.rss - memory.shared + shared_without_file_bytes(pid)
                anonymous += no_file
                self._recorder.add(pid, Metric.ANON, t_s, no_file)
        if living:
            self.rss_bytes = rss
            self._recorder.add_tree(Metric.RSS, t_s, rss)
            if sys.platform == "linux":
                self._recorder.add_tree(Metric.ANON, t_s, anonymous)
            self._recorder.add_tree(Metric.CHILDREN, t_s, living - 1 + unreaped)
        return living > 0

    def _count(self, t_s: float) -> None:
        descriptors = threads = 0
        for process in self._tree.values():
            try:
                descriptors += _count_descriptors(process)
                threads += process.num_threads()
            except psutil.Error:
                continue
        self._recorder.add_tree(Metric.FDS, t_s, descriptors)
        self._recorder.add_tree(Metric.THREADS, t_s, threads)


def _count_descriptors(process: psutil.Process) -> int:
    if sys.platform == "win32":
        return process.num_handles()
    return process.num_fds()
