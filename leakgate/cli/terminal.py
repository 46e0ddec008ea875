"""The terminal: what it can show, and the only functions that write to it."""

import os
import shutil
import sys
from typing import Final, TextIO

from leakgate.report.style import Detail, Style

LOG_WIDTH: Final = 100
"""Columns where there is no terminal: CI logs do not wrap."""
WIDEST: Final = 140


def show(text: str) -> None:
    """Write to stdout. A reader that has gone away is no failure: the exit code still tells the verdict."""
    _write(sys.stdout, text)


def say(text: str) -> None:
    """One line for people, on stderr."""
    _write(sys.stderr, text + "\n")


def _write(stream: TextIO, text: str) -> None:
    try:
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, "replace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        # The interpreter flushes once more at exit; let that go nowhere (docs of `signal`, "Note on SIGPIPE").
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def style_of(stream: TextIO, detail: Detail) -> Style:
    """How a report is to look on this stream: its width, colour by what it is and by NO_COLOR, ASCII where needed."""
    terminal = stream.isatty()
    columns = shutil.get_terminal_size((LOG_WIDTH, 24)).columns if terminal else _log_width()
    return Style(
        width=max(40, min(columns, WIDEST)),
        color=wants_color(terminal=terminal),
        unicode=(stream.encoding or "").lower().replace("-", "") in {"utf8", "utf16"},
        detail=detail,
    )


def wants_color(*, terminal: bool) -> bool:
    """Colour on a terminal that is not dumb; NO_COLOR (no-color.org) forbids it, FORCE_COLOR asks for it."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return terminal and os.environ.get("TERM") != "dumb"


def _log_width() -> int:
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() else LOG_WIDTH
