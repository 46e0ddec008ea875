"""Reads files of unknown origin: follows no links, does not wait for pipes, and reads nothing that is too large."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from leakgate.errors import SessionError
from leakgate.files import RefusedFileError, open_plain_file, read_whole_file

WIDEST_CHARACTER_BYTES: Final = 4
"""Bytes of memory for each character of a text, if one character is beyond U+FFFF."""
HINT: Final = "use a folder that `leakgate run --output` wrote, unchanged and whole"


def require_folder(path: Path) -> None:
    """Raise SessionError if the path is not a real folder; a link to a folder is refused too."""
    if not stat.S_ISDIR(_mode_and_size(path)[0]):
        raise SessionError(f"{path}: is not a folder", hint=HINT)


def require_file(path: Path, most: int) -> None:
    """Raise SessionError if the path is not a real file of at most ``most`` bytes; a link is refused."""
    mode, size = _mode_and_size(path)
    if not stat.S_ISREG(mode):
        raise SessionError(f"{path}: is not a regular file", hint=HINT)
    if size > most:
        raise SessionError(f"{path}: is {size:,} bytes, more than the {most:,} that are read", hint=HINT)


def _mode_and_size(path: Path) -> tuple[int, int]:
    try:
        found = path.lstat()
    except FileNotFoundError:
        raise SessionError(f"{path}: is missing", hint=HINT) from None
    except (OSError, ValueError) as error:
        raise SessionError(f"{path}: cannot be read: {error}", hint=HINT) from None
    return found.st_mode, found.st_size


def require_narrow(path: Path, content: bytes, most: int) -> None:
    """Raise SessionError if the text would need more memory than ``most`` bytes of ASCII.

    leakgate writes ASCII. In any other text, each character may need four bytes.
    """
    if len(content) > most // WIDEST_CHARACTER_BYTES and not content.isascii():
        raise SessionError(
            f"{path}: is {len(content):,} bytes, more than the {most // WIDEST_CHARACTER_BYTES:,} that are read of a "
            "text that is not ASCII",
            hint=HINT,
        )


def read_lines(path: Path, most: int, most_in_line: int) -> Iterator[str]:
    """Yield the lines of a real file of at most ``most`` bytes of UTF-8, each with its line feed. Raises SessionError.

    A longer line than ``most_in_line`` bytes is refused too. Only one line is in memory.
    """
    require_file(path, most)
    try:
        with os.fdopen(open_plain_file(path), "rb") as file:
            number, left = 0, most
            while line := file.readline(min(left, most_in_line) + 1):
                number, left = number + 1, left - len(line)
                if left < 0 or len(line) > most_in_line:
                    raise SessionError(f"{path}:{number}: is too long", hint=HINT)
                require_narrow(path, line, most_in_line)
                try:
                    yield line.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError:
                    raise SessionError(f"{path}:{number}: is not UTF-8 text", hint=HINT) from None
    except OSError as error:
        raise SessionError(f"{path}: cannot be read: {error.strerror or error}", hint=HINT) from None


def read_text(path: Path, most: int) -> str:
    """Return the text of a real file of at most ``most`` bytes of UTF-8. Raises SessionError."""
    try:
        content = read_whole_file(path, most)
    except RefusedFileError as error:
        raise SessionError(f"{path}: {error.reason}", hint=HINT) from None
    require_narrow(path, content, most)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SessionError(f"{path}:{line}: is not UTF-8 text", hint=HINT) from None
