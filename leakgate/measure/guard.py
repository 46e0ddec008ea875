"""Guards a run: ends processes that outlive their supervisor, and hides leakgate's memory from other processes.

Linux supports both. macOS and Windows support neither: there, only descendants that are still in the process tree are
ended.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from leakgate.measure import processes

END_S: Final = 5.0
"""Seconds to kill remaining processes. After that leakgate gives up, for example on a process stuck in the kernel."""


@contextmanager
def guarded() -> Iterator[None]:
    """Adopt orphaned processes, hide this process's memory, and end all new processes at the end of the block.

    A process that another program starts for the block (a container, a job of systemd or cron) is not found.
    """
    processes.adopt_orphans()
    processes.hide_memory()
    family = processes.Family(os.getpid())
    before = {processes.identity_of(process) for process in family.living()}
    try:
        yield
    finally:
        family.end(END_S, spare=before)
