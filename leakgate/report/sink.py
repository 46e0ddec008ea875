"""Writes reports: all are rendered before the first is written, and a file changes in one step or not at all."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from leakgate.errors import OutputError
from leakgate.files import replace_file
from leakgate.report.escape import one_line

STDOUT: Final = "-"
"""As a path: not a file, but text for the caller to print."""
_PATH_LIMIT: Final = 1_000


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
    """Replace a file by UTF-8 text in one step. Raises as ``leakgate.files.replace_file`` does."""
    replace_file(path, text.encode("utf-8", "backslashreplace"))


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or one_line(str(error))
