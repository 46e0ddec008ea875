"""Keeps a script's stdout and stderr: the beginning and the end, in files of bounded size."""

import contextlib
import os
from collections import deque
from pathlib import Path
from typing import IO, Final

HEAD_BYTES: Final = 1_000_000
TAIL_BYTES: Final = 1_000_000
_CHUNK_BYTES: Final = 65_536


class BoundedLog:
    """Keeps the first and the last megabyte of a stream. The beginning is written at once, the end at `close`."""

    def __init__(self, path: Path, head_bytes: int = HEAD_BYTES, tail_bytes: int = TAIL_BYTES) -> None:
        try:
            self._file: IO[bytes] | None = path.open("wb", buffering=0)
        except OSError:
            self._file = None
        self._room = head_bytes
        self._tail_bytes = tail_bytes
        self._tail: deque[bytes] = deque()
        self._in_tail = 0
        self._left_out = 0

    def write(self, chunk: bytes) -> None:
        """Take the next piece of the stream. On a full disk, output is lost, but the measurement continues."""
        head, rest = chunk[: self._room], chunk[self._room :]
        if head:
            self._room -= len(head)
            self._append(head)
        if rest:
            self._tail.append(rest)
            self._in_tail += len(rest)
            while self._in_tail - len(self._tail[0]) >= self._tail_bytes:
                dropped = len(self._tail.popleft())
                self._in_tail -= dropped
                self._left_out += dropped

    def close(self) -> None:
        """Write the end of the stream, after a line that says how many bytes are missing before it."""
        if self._left_out:
            self._append(f"\n[leakgate left out {self._left_out} bytes here]\n".encode())
        for chunk in self._tail:
            self._append(chunk)
        self._tail.clear()
        if self._file is not None:
            self._file.close()

    def _append(self, chunk: bytes) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.write(chunk)


def pump(source: int, log: BoundedLog) -> None:
    """Read a pipe to its end into a log, so that its writer never waits for long. Closes both."""
    try:
        while chunk := os.read(source, _CHUNK_BYTES):
            log.write(chunk)
    finally:
        os.close(source)
        log.close()


def read_tail(path: Path, lines: int = 20, limit_bytes: int = 16_384) -> str:
    """Return the last lines of a log, for a message; an empty string if there is no log."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - limit_bytes))
            text = file.read(limit_bytes).decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
