"""Writes reports: all are rendered before the first is written, and each file is replaced in one step."""

import errno
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from leakgate.errors import OutputError
from leakgate.files import replace_file
from leakgate.report.escape import one_line

STDOUT: Final = "-"
"""The path that stands for standard output: the caller prints the text."""
_PATH_LIMIT: Final = 1_000


@dataclass(frozen=True, slots=True)
class Output:
    """A rendered report and its destination."""

    path: str
    """A file in an existing folder, or ``-``."""
    text: str


def require_writable(paths: Iterable[str]) -> None:
    """Test whether a report could be written to each path; no file or folder is left behind.

    Raises OutputError that names every path that cannot be written, and why.
    """
    failures = [(path, why) for path in paths if path != STDOUT and (why := _why_not_writable(path))]
    if failures:
        message = "\n".join(f"cannot write {one_line(path, _PATH_LIMIT)}: {why}" for path, why in failures)
        raise OutputError(f"{message}; nothing was run", hint="choose another place for the report")


def _why_not_writable(path: str) -> str:
    try:
        target = _place(path)
        if target.exists() and not target.is_file():
            return ""  # a pipe, or a device such as /dev/stdout: opening it might wait for a reader
        with tempfile.TemporaryFile(prefix=".leakgate-", suffix=".tmp", dir=target.parent) as trial:
            trial.write(b"x")
    except (OSError, ValueError, RuntimeError) as error:  # a NUL in the path; a loop of links before Python 3.13
        return _reason(error)
    return ""


def _place(path: str) -> Path:
    """Return the file that a path names. Raises OSError for a folder, and if the file's folder does not exist.

    No folder is created, because the folder of a misspelt path would remain.
    """
    target = Path(path).resolve()
    if path.endswith(("/", os.sep)) or target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder, not a file")
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {one_line(str(target.parent), _PATH_LIMIT)}")
    return target


def write_all(outputs: Iterable[Output], wrote: Callable[[str], object] = str) -> tuple[str, ...]:
    """Write every file, and return the texts for standard output.

    ``wrote`` is called with the path of each file after it was written.

    If one file cannot be written, its old content stays, and the other files are written.
    Raises OutputError, after all were tried, that names every path that failed.
    """
    printed: list[str] = []
    failures: list[tuple[str, Exception]] = []
    for output in outputs:
        if output.path == STDOUT:
            printed.append(output.text)
            continue
        try:
            write_text(_place(output.path), output.text)
        except (OSError, ValueError, RuntimeError) as error:  # a NUL in the path; a loop of links before Python 3.13
            failures.append((output.path, error))
        else:
            wrote(output.path)
    if failures:
        message = "\n".join(f"cannot write {one_line(path, _PATH_LIMIT)}: {_reason(error)}" for path, error in failures)
        raise OutputError(message, hint="make room or choose another place; the other reports were written")
    return tuple(printed)


def write_text(path: Path, text: str) -> None:
    """Replace a file by UTF-8 text in one step. Raises as ``leakgate.files.replace_file`` does."""
    replace_file(path, text.encode("utf-8", "backslashreplace"))


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or one_line(str(error))
