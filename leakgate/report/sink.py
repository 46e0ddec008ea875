"""Writes reports: all are rendered before the first is written, and a file changes in one step or not at all."""

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from leakgate.errors import OutputError
from leakgate.report.escape import one_line

STDOUT: Final = "-"
"""As a path: not a file, but text for the caller to print."""
_PATH_LIMIT: Final = 1_000
_FILE_MODE: Final = 0o666
"""Before the umask: what a program that simply opens a file gives it."""


@dataclass(frozen=True, slots=True)
class Output:
    """A rendered report and where it is to go."""

    path: str
    """A file, whose folders are made where they are missing, or ``-``."""
    text: str


def write_all(outputs: Iterable[Output]) -> tuple[str, ...]:
    """Write every file, and give back the texts that are meant for standard output.

    Nothing finished is lost: where one file cannot be written, the others still are, and what stood there before stays.
    Raises OutputError, after all were tried, that names every path that failed.
    """
    printed: list[str] = []
    failures: list[tuple[str, Exception]] = []
    for output in outputs:
        if output.path == STDOUT:
            printed.append(output.text)
            continue
        try:
            write_text(Path(output.path), output.text)
        except (OSError, ValueError, RuntimeError) as error:  # a NUL in the path; a loop of links before Python 3.13
            failures.append((output.path, error))
    if failures:
        told = "\n".join(f"cannot write {one_line(path, _PATH_LIMIT)}: {_reason(error)}" for path, error in failures)
        raise OutputError(told, hint="make room or choose another place; the other reports were written")
    return tuple(printed)


def write_text(path: Path, text: str) -> None:
    """Replace a file by UTF-8 text in one step, making its folders; through a symbolic link, the file it leads to.

    A reader sees the old content or the new, never a part. Raises OSError (ValueError or RuntimeError for a path that
    is none), and then leaves the old content alone. What is no ordinary file (a pipe, ``/dev/stdout``) is written
    to as it is.
    """
    content = text.encode("utf-8", "backslashreplace")
    path = path.resolve()
    if path.exists() and not path.is_file() and not path.is_dir():
        path.write_bytes(content)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".leakgate-", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_mode(path))
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _mode(path: Path) -> int:
    """The mode of the file that is replaced, or that of a new file."""
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        return _FILE_MODE & ~umask


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or one_line(str(error))
