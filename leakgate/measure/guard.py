"""What keeps a run in hand: processes that outlive their supervisor are found and ended, leakgate's memory is its own.

Linux gives both. macOS and Windows have neither: there, only descendants that are still in the process tree are ended.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from leakgate.measure import processes

END_S: Final = 5.0
"""Seconds to kill remaining processes; after that, leakgate gives up, as for a process that is stuck in the kernel."""


@contextmanager
def guarded() -> Iterator[None]:
    """Adopt every process that its parent leaves behind, hide this process's memory, and leave no new process.

    A process of the block that another program adopts (a container, a job of systemd or cron) is out of reach.
    """
    processes.adopt_orphans()
    processes.hide_memory()
    family = processes.Family(os.getpid())
    before = {processes.identity_of(process) for process in family.living()}
    try:
        yield
    finally:
        family.end(END_S, spare=before)
