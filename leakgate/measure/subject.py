"""What a watch needs to know of the process that it looks at, however leakgate came to it."""

from typing import Protocol

import psutil

from leakgate.model.work_record import WorkRecord


class Subject(Protocol):
    """A process with all its descendants: started by leakgate, or running already."""

    @property
    def pid(self) -> int:
        """The main process."""
        ...

    @property
    def started(self) -> float:
        """``time.monotonic()`` of the moment that the watch counts its seconds from."""
        ...

    @property
    def born(self) -> float:
        """``time.monotonic()`` of its start, where leakgate started it; else of the moment that counting begins."""
        ...

    @property
    def earlier_peak_bytes(self) -> int:
        """The most resident memory before that moment; 0 where it is not known, or nothing came before."""
        ...

    @property
    def work(self) -> WorkRecord | None:
        """What a load asked it, and what it answered; None without a load of leakgate's own."""
        ...

    @property
    def ended(self) -> bool:
        """Whether there is nothing left to watch."""
        ...

    def tree(self) -> list[int]:
        """The PIDs of the main process and its descendants that live now."""
        ...

    def remember(self, found: list[psutil.Process]) -> None:
        """Take note of processes of the tree."""
        ...
