"""What a watch needs to know of the process that it looks at, however leakgate came to it."""

from typing import Protocol

import psutil


class Subject(Protocol):
    """A process with all its descendants: started by leakgate, or running already."""

    pid: int
    """The main process."""
    started: float
    """``time.monotonic()`` of the moment that the watch counts its seconds from."""

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
