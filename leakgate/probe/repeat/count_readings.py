"""The counters, and arrays that hold their readings, so that a reading leaves no object behind."""

from __future__ import annotations

import sys
from array import array
from collections import deque
from sys import getsizeof

from .. import gauges, piled_up
from ..system import system
from .originals import Original

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FINE = ("blocks", "native")
COARSE = ("rss", "fds", "threads", "tasks", "containers")
_ABSENT = -1
_MOST_LOOKS = 24
_ROOM = 64


_FD_FOLDERS = ("/proc/self/fd", "/dev/fd")


def _count_entries(folder: str) -> int:
    try:
        return len(system.listdir(folder))
    except OSError:
        return _ABSENT


def _find_fd_folder() -> str:
    return next((folder for folder in _FD_FOLDERS if _count_entries(folder) > 0), "")


_fd_folder = _find_fd_folder()


def count_descriptors() -> int:
    """Return the number of open descriptors of this process; -1 if the system does not list them."""
    found = _count_entries(_fd_folder) if _fd_folder else _ABSENT
    return found - 1 if found > 0 else _ABSENT


def count_threads() -> int:
    """Return the number of threads that are alive for `threading`. A thread that has just ended does not count."""
    return len(piled_up.threads()) or 1


def count_tasks() -> int:
    """Return the number of asyncio tasks that are alive."""
    return len(piled_up.tasks())


def read_resident() -> int:
    """Return the resident bytes of this process; -1 if the system does not report them."""
    try:
        with system.open_file("/proc/self/statm", "rb") as file:
            return int(file.read(200).split()[1]) * system.PAGE_BYTES
    except (OSError, IndexError, ValueError):
        return _ABSENT


_CONTAINERS = frozenset((list, dict, set, deque))


def size_of_containers() -> int:
    """Return the bytes of all lists, dictionaries, sets and deques that the collector tracks. It reads the whole heap.

    A list that collects references to objects that are alive anyway grows inside one block. No other counter sees that.
    """
    Original.unfreeze()
    try:
        return sum(map(getsizeof, [one for one in Original.objects() if type(one) in _CONTAINERS]))
    finally:
        Original.freeze()


def _without_interned(count_blocks: Callable[[], int]) -> Callable[[], int]:
    """Return a counter of blocks that leaves out interned strings where CPython never frees them (3.12.0 to 3.12.5).

    There, ``pathlib`` leaves a string behind for each new name of a file, such as ``tmp_path`` of each call. The
    interpreter does that, and not the test. Source: python/cpython#113993, and #123065 for 3.12.6.
    """
    interned: Callable[[], int] | None = getattr(sys, "getunicodeinternedsize", None)
    if interned is None or not (3, 12) <= sys.version_info[:3] < (3, 12, 6) or count_blocks() < 0:
        return count_blocks
    count_interned = interned
    return lambda: count_blocks() - count_interned()


class CountReadings:
    """The readings after each repetition of one test. Everything is allocated before the first reading."""

    def __init__(self, most: int, *, counts_containers: bool = False) -> None:
        self._counts_containers = counts_containers
        counters = gauges.counters()
        self._count_native, self._count_blocks = counters.native, _without_interned(counters.blocks)
        zeros = [0] * (most + _ROOM)
        self.blocks, self.native = array("q", zeros), array("q", zeros)
        self._coarse = tuple(array("q", [0] * _MOST_LOOKS) for _ in COARSE)
        self._place = array("q", [0, 0])
        """Numbers of fine and of coarse readings. As an attribute, an integer above 256 would be a separate block."""

    @property
    def count(self) -> int:
        """Number of fine readings so far."""
        return self._place[0]

    def read(self) -> None:
        """Take a fine reading."""
        at = self._place[0]
        self.native[at] = self._count_native()
        self.blocks[at] = self._count_blocks()
        self._place[0] = at + 1

    def read_coarse(self) -> None:
        """Take a coarse reading."""
        at = self._place[1]
        rss, descriptors, threads, tasks, containers = self._coarse
        containers[at] = size_of_containers() if self._counts_containers else _ABSENT
        descriptors[at] = count_descriptors()
        threads[at] = count_threads()
        tasks[at] = count_tasks()
        rss[at] = read_resident()
        self._place[1] = at + 1

    def values(self) -> dict[str, Sequence[int]]:
        """Return the readings so far, by the name of the counter."""
        fine, coarse = self._place
        found: dict[str, Sequence[int]] = {"blocks": self.blocks[:fine], "native": self.native[:fine]}
        for name, series in zip(COARSE, self._coarse):
            found[name] = series[:coarse]
        return found
