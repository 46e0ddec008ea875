"""The bounded reader and the atomic writer of leakgate. Opening a file never waits, even if it is now a pipe."""

import os
import secrets
import stat
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import BinaryIO, Final

from leakgate.model.units import format_size

_NEW_FILE_MODE: Final = 0o666
"""The mode of a new file before the umask, as for a program that just opens a file."""
_PRIVATE: Final = 0o600
"""The mode of a file while it is written."""
NEW_FILE_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
"""For `os.open`: makes a file, and fails if something has its name already, also a link."""
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""A link is not followed, and opening a FIFO does not wait for a writer."""


class Refusal(Enum):
    """Why a file is not read."""

    MISSING = "is missing"
    FOLDER = "is a folder"
    NOT_A_FILE = "is not a regular file"
    TOO_LARGE = "is too large"
    UNREADABLE = "cannot be read"


class RefusedFileError(Exception):
    """A file that was not read: ``refusal`` gives the reason as a value, ``reason`` in words for the user."""

    def __init__(self, refusal: Refusal, reason: str) -> None:
        super().__init__(reason)
        self.refusal = refusal
        self.reason = reason


def read_whole_file(path: Path, most_bytes: int, *, follow_links: bool = False) -> bytes:
    """Return the content of a regular file of at most ``most_bytes`` bytes. Opening a pipe does not wait for a writer.

    Raises RefusedFileError for anything else: a link (unless ``follow_links``), a folder, a device, a larger file.
    """
    try:
        mode = path.stat().st_mode if follow_links else path.lstat().st_mode
        if not stat.S_ISREG(mode):
            refusal = Refusal.FOLDER if stat.S_ISDIR(mode) else Refusal.NOT_A_FILE
            raise RefusedFileError(refusal, refusal.value)
        flags = _FLAGS & ~getattr(os, "O_NOFOLLOW", 0) if follow_links else _FLAGS
        with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - Path.open follows links
            content = file.read(most_bytes + 1)
    except FileNotFoundError:
        raise RefusedFileError(Refusal.MISSING, Refusal.MISSING.value) from None
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise RefusedFileError(Refusal.UNREADABLE, f"{Refusal.UNREADABLE.value}: {why}") from None
    if len(content) > most_bytes:
        raise RefusedFileError(Refusal.TOO_LARGE, f"is larger than {format_size(most_bytes)}, the most that is read")
    return content


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file in one step, and make its folders. If it is a symbolic link, replace the file that it points to.

    A reader sees the old content or the new, never a part. Raises OSError, or ValueError or RuntimeError for an invalid
    path, and then the old content is unchanged. If the path is not a regular file (a pipe, ``/dev/stdout``), it is
    written to directly.
    """
    path = path.resolve()
    if path.exists() and not path.is_file() and not path.is_dir():
        path.write_bytes(content)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".leakgate-{secrets.token_hex(8)}.tmp")
    try:
        if not _wrote_before_naming(temporary, content):
            with open(os.open(temporary, NEW_FILE_FLAGS, _PRIVATE), "wb") as file:  # noqa: PTH123 - the mode
                _write_to_disk(file, content)
        temporary.chmod(_mode_after(path))
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _wrote_before_naming(path: Path, content: bytes) -> bool:
    """Write a new file that gets its name when it is complete: a killed process leaves no part of it (Linux).

    Returns False, and makes no file, if the system or the file system cannot do that. Raises OSError if the content
    cannot be written.
    """
    if not hasattr(os, "O_TMPFILE"):
        return False
    try:
        descriptor = os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, _PRIVATE)
    except OSError:
        return False
    with os.fdopen(descriptor, "wb") as file:
        _write_to_disk(file, content)
        try:
            # Without `src_dir_fd`, os.link does not follow the link in /proc. The value is not used for this path.
            os.link(f"/proc/self/fd/{descriptor}", path, src_dir_fd=descriptor)
        except OSError:
            return False
    return True


def _write_to_disk(file: BinaryIO, content: bytes) -> None:
    file.write(content)
    file.flush()
    os.fsync(file.fileno())


def _mode_after(path: Path) -> int:
    """Return the mode of the file that is replaced, or the mode of a new file."""
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        return _NEW_FILE_MODE & ~umask


class NotPlainError(OSError):
    """The path is not a regular file but, for example, a device or a folder."""


def read_plain_file(path: Path, limit: int, offset: int = 0) -> bytes:
    """Return at most ``limit`` bytes of a regular file. Raises OSError, and NotPlainError for any other file."""
    descriptor = open_plain_file(path)
    try:
        return read_held_file(descriptor, limit, offset)
    finally:
        os.close(descriptor)


def open_plain_file(path: Path) -> int:
    """Return an open descriptor of a regular file. Raises OSError, and NotPlainError if it is not a regular file."""
    descriptor = os.open(path, _FLAGS)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotPlainError(f"{path} is not a regular file")
    return descriptor


def read_held_file(descriptor: int, limit: int, offset: int = 0) -> bytes:
    """Return at most ``limit`` bytes of an open file. Raises OSError."""
    os.lseek(descriptor, offset, os.SEEK_SET)
    return os.read(descriptor, max(0, min(os.fstat(descriptor).st_size - offset, limit)))
