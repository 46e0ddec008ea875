"""Reading files that the measured program could have replaced by something else."""

import os
import stat
from pathlib import Path
from typing import Final

_FLAGS: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""A link is not followed, and opening a FIFO does not wait for its writer."""


class NotPlainError(OSError):
    """There is a device, a folder or the like where a file should be."""


def read_plain_file(path: Path, limit: int, offset: int = 0) -> bytes:
    """At most ``limit`` bytes of a regular file. Raises OSError, and NotPlainError for what is no regular file."""
    descriptor = open_plain_file(path)
    try:
        return read_held_file(descriptor, limit, offset)
    finally:
        os.close(descriptor)


def open_plain_file(path: Path) -> int:
    """A descriptor of a regular file, to read from. Raises OSError, and NotPlainError for what is no regular file."""
    descriptor = os.open(path, _FLAGS)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotPlainError(f"{path} is no regular file")
    return descriptor


def read_held_file(descriptor: int, limit: int, offset: int = 0) -> bytes:
    """At most ``limit`` bytes of a file that is open already. Raises OSError."""
    os.lseek(descriptor, offset, os.SEEK_SET)
    return os.read(descriptor, max(0, min(os.fstat(descriptor).st_size - offset, limit)))
