"""How many processors leakgate may use: those of the machine, limited by affinity and by a container's quota."""

import os
from pathlib import Path
from typing import Final

_CGROUPS: Final = Path("/sys/fs/cgroup")
_MEMBERSHIP: Final = Path("/proc/self/cgroup")
_LONGEST_FILE: Final = 65_536


def usable_processors(cgroups: Path = _CGROUPS, membership: Path = _MEMBERSHIP) -> int:
    """Return a whole number of processors, at least 1. A quota of one and a half processors counts as one.

    Source of the files: the kernel's documentation of cgroup v2, "CPU Interface Files", and of v1, "CFS bandwidth".
    """
    present = _present()
    quota = min((*_quotas(cgroups, membership), float(present)))
    return max(1, min(present, int(quota)))


def _present() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _quotas(cgroups: Path, membership: Path) -> list[float]:
    """Return the quotas of all control groups of this process, in processors. Groups without a quota are left out."""
    found: list[float] = []
    for line in _read(membership).splitlines():
        controllers, _, path = line.partition(":")[2].partition(":")
        other = controllers and "cpu" not in controllers.split(",")
        if other or ".." in path.split("/"):  # a group outside of the container's view
            continue
        top = cgroups / "cpu" if controllers else cgroups
        inner = top / path.lstrip("/")
        for folder in (inner, *inner.parents):
            if not folder.is_relative_to(top):
                break
            found += _quota_of(folder)
    return found


def _quota_of(folder: Path) -> list[float]:
    unified = _read(folder / "cpu.max").split()
    divided = [*_read(folder / "cpu.cfs_quota_us").split(), *_read(folder / "cpu.cfs_period_us").split()]
    numbers = unified if len(unified) == 2 else divided
    try:
        quota, period = map(float, numbers)
    except ValueError:  # "max", or no such files
        return []
    return [quota / period] if quota > 0 and period > 0 else []


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST_FILE).decode("ascii", "replace")
    except OSError:
        return ""
