"""A lock between the processes of one test run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """No other process is inside the block at the same time."""
    import fcntl  # noqa: PLC0415 - act runs on Linux, and Windows does not have this module

    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
