"""What a watch needs to know about the process that it watches, started by leakgate or not."""

from typing import Protocol

import psutil

from leakgate.model.work_record import WorkRecord


class Subject(Protocol):
    """A process with all its descendants: started by leakgate, or running already."""

    @property
    def pid(self) -> int:
        """PID of the main process."""
        ...

    @property
    def started(self) -> float:
        """``time.monotonic()`` of the moment from which the watch counts its seconds."""
        ...

    @property
    def born(self) -> float:
        """``time.monotonic()`` of its start, if leakgate started it; else the same as ``started``."""
        ...

    @property
    def earlier_peak_bytes(self) -> int:
        """Highest resident memory before ``started``, in bytes; 0 if it is not known, or if the watch began at once."""
        ...

    @property
    def work(self) -> WorkRecord | None:
        """The requests of a load and their answers; None without a load of leakgate's own."""
        ...

    @property
    def ended(self) -> bool:
        """Whether there is nothing left to watch."""
        ...

    def tree(self) -> list[int]:
        """Return the PIDs of the main process and its descendants that are alive now."""
        ...

    def remember(self, found: list[psutil.Process]) -> None:
        """Get the processes of the tree that were found, for example to end them later."""
        ...
