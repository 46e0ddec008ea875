"""Guards a run: ends processes that outlive their supervisor, removes its files, and hides leakgate's memory.

macOS and Windows cannot hide the memory, and only descendants that are still in the process tree are ended there.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from leakgate.measure import processes
from leakgate.measure.run_folder import run_folder

END_S: Final = 5.0
"""Seconds for killing the remaining processes. After that leakgate gives up, because a process may be stuck in the
kernel."""


@contextmanager
def guarded() -> Iterator[Path]:
    """Adopt orphaned processes, hide this process's memory, and end all new processes at the end of the block.

    The value is the temporary folder of the run, which is removed at the end, and also if this process is killed.
    A process that another program starts for the block (a container, a job of systemd or cron) is not found.
    Raises MeasureError if there can be no temporary folder.
    """
    processes.adopt_orphans()
    processes.hide_memory()
    with run_folder() as folder:
        family = processes.Family(os.getpid())
        before = {processes.identity_of(process) for process in family.living()}
        try:
            yield folder
        finally:
            family.end(END_S, spare=before)
