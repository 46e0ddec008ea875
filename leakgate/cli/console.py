"""The terminal: what it can display, and the only functions that write to it."""

import errno
import os
import shlex
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final, TextIO

from leakgate.errors import OutputError
from leakgate.report.style import Detail, Style

LOG_WIDTH: Final = 100
"""Columns when stdout is not a terminal: CI logs do not wrap lines."""
WIDEST: Final = 140
LONGEST_LINE: Final = 600
"""The largest number of characters of a line with untrusted text, such as places and reasons."""
_READER_GONE: Final = frozenset({errno.EPIPE, errno.EIO, errno.ENXIO})
"""Errors of a pipe without a reader and of a closed terminal."""


def show(text: str) -> None:
    """Write to stdout. If the reader is gone, that is not an error: the exit code still gives the verdict.

    Raises OutputError for a file on a full disk, and the like.
    """
    try:
        _write(sys.stdout, text)
    except OSError as error:
        raise OutputError(f"stdout cannot be written: {error.strerror}") from None


def say(text: str) -> None:
    """Write one line to stderr. If stderr cannot be written, the line is lost."""
    with suppress(OSError):
        _write(sys.stderr, text + "\n")


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:
        return  # leakgate was started with a closed stream
    try:
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, "replace").decode(encoding))
        stream.flush()
    except OSError as error:
        # The interpreter flushes again at exit; send that to the null device (docs of `signal`, "Note on SIGPIPE").
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if error.errno not in _READER_GONE:
            raise


def command_line() -> str:
    """Return the command that runs, as a user would type it in a shell."""
    return shlex.join(["leakgate", *sys.argv[1:]])


def path_from_here(path: Path) -> Path:
    """Return the path as a user would type it: relative if it is below the current folder, otherwise unchanged."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def is_terminal(stream: TextIO | None) -> bool:
    """Whether the stream is a terminal. None: the stream was closed before leakgate started."""
    return stream is not None and stream.isatty()


def style_of(stream: TextIO | None, detail: Detail) -> Style:
    """Return the style of a report for this stream: its width, colour (also by NO_COLOR), and ASCII where needed."""
    terminal = is_terminal(stream)
    encoding = (stream.encoding if stream else None) or ""
    columns = shutil.get_terminal_size((LOG_WIDTH, 24)).columns if terminal else _log_width()
    return Style(
        width=max(40, min(columns, WIDEST)),
        color=wants_color(terminal=terminal),
        unicode=encoding.lower().replace("-", "") in {"utf8", "utf16"},
        detail=detail,
    )


def wants_color(*, terminal: bool) -> bool:
    """Whether to use colour: on a terminal that is not dumb. NO_COLOR (no-color.org) wins, then FORCE_COLOR."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return terminal and os.environ.get("TERM") != "dumb"


def _log_width() -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal():
        return int(columns)
    # The output may go through `less` or `tee`: then it should fit the user's terminal.
    if is_terminal(sys.stderr):
        with suppress(OSError):
            return min(LOG_WIDTH, os.get_terminal_size(sys.stderr.fileno()).columns or LOG_WIDTH)
    return LOG_WIDTH
