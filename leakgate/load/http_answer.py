"""Reads what a load needs from the answers of an HTTP/1.1 server: status, size, and whether the connection stays open.

Bodies are counted and not kept, so that answers of any size take the same memory.
"""

import re
from enum import Enum, auto
from typing import Final

LONGEST_HEAD: Final = 65_536
LONGEST_SIZE_LINE: Final = 1_024
KEPT_OF_BODY: Final = 300
_HEAD_END: Final = b"\r\n\r\n"
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: |\r|$)")
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*(?:\r|$)")
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding:[^\r]*chunked[ \t]*(?:\r|$)")
_CONNECTION: Final = re.compile(rb"\r\nconnection:[ \t]*([^\r]*)")
_NO_BODY: Final = (204, 304)
_NOT_HTTP: Final = "the answer is not HTTP/1.1"
_BAD_CHUNKS: Final = "the chunks of the answer are not those of HTTP/1.1"
_INTERIM: Final = 200
"""Statuses below this mean that another answer follows."""


_MOST_KNOWN: Final = 64
_LONGEST_KNOWN: Final = 2_048
"""How many heads are cached, and the length of the longest. A server sends the same heads again, and parsing them takes
most of the time."""


class BadAnswerError(Exception):
    """The data is not an answer of HTTP/1.1. The message says why."""


class _BodyPart(Enum):
    HEAD = auto()
    LENGTH = auto()
    UNTIL_CLOSE = auto()
    CHUNK_SIZE = auto()
    CHUNK = auto()
    CHUNK_END = auto()
    TRAILER = auto()
    DONE = auto()


# Plain names: an enum's members are looked up several times for each answer.
_HEAD, _LENGTH_PART, _DONE = _BodyPart.HEAD, _BodyPart.LENGTH, _BodyPart.DONE

_Head = tuple[int, bool, _BodyPart, int]
"""The head of an answer: its status, whether the connection stays open, and the kind and length of the body."""


class AnswerReader:
    """Reads one answer after another from one connection."""

    __slots__ = ("_known", "_left", "_part", "_pending", "_to_head", "keeps_alive", "size", "start", "status")

    def __init__(self) -> None:
        self._known: dict[bytes, _Head] = {}
        self.begin(to_head=False)

    def begin(self, *, to_head: bool) -> None:
        """Expect the next answer. ``to_head``: it answers a HEAD request, so it has no body."""
        self.status = 0
        self.size = 0
        """Bytes of the body so far."""
        self.start = b""
        """Beginning of the body."""
        self.keeps_alive = False
        self._to_head = to_head
        self._part = _HEAD
        self._left = 0
        self._pending = b""

    @property
    def begun(self) -> bool:
        """Whether any part of the answer was received."""
        return self._part is not _BodyPart.HEAD or bool(self._pending)

    def feed(self, data: bytes) -> bool:
        """Take received data. Returns True when the answer is complete. Raises BadAnswerError."""
        if self._pending:
            data, self._pending = self._pending + data, b""
        while data and self._part is not _DONE:
            data = self._take(data)
        if data:  # data after the answer: the connection cannot be trusted any more
            self.keeps_alive = False
        return self._part is _DONE

    def close(self) -> bool:
        """Handle the end of the connection. Returns True if that completes the answer."""
        self.keeps_alive = False
        return self._part is _BodyPart.UNTIL_CLOSE

    def _take(self, data: bytes) -> bytes:
        """Read one part, and return the rest of the data."""
        if self._part is _HEAD:
            return self._head(data)
        if self._part in (_LENGTH_PART, _BodyPart.CHUNK):
            return self._body(data)
        if self._part is _BodyPart.UNTIL_CLOSE:
            self._count(data)
            return b""
        return self._line(data)

    def _head(self, data: bytes) -> bytes:
        end = data.find(_HEAD_END)
        if end < 0:
            if len(data) > LONGEST_HEAD or not _may_begin(data):
                raise BadAnswerError(_NOT_HTTP)
            self._pending = data
            return b""
        head = data[:end]
        known = self._known.get(head) or self._learn(head)
        self.status = known[0]
        if self.status >= _INTERIM:
            _, self.keeps_alive, self._part, self._left = known
            if self._to_head:
                self._part = _DONE
            elif self._part is _BodyPart.UNTIL_CLOSE:
                self.keeps_alive = False
        return data[end + len(_HEAD_END) :]

    def _learn(self, head: bytes) -> _Head:
        found = _read_head(head)
        if len(head) <= _LONGEST_KNOWN:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[head] = found
        return found

    def _count(self, data: bytes) -> None:
        self.size += len(data)
        if len(self.start) < KEPT_OF_BODY:
            self.start += data[: KEPT_OF_BODY - len(self.start)]

    def _body(self, data: bytes) -> bytes:
        taken = data[: self._left] if len(data) > self._left else data
        self._count(taken)
        self._left -= len(taken)
        if not self._left:
            self._part = _DONE if self._part is _LENGTH_PART else _BodyPart.CHUNK_END
        return data[len(taken) :]

    def _line(self, data: bytes) -> bytes:
        """Read the size of the next chunk, the empty line after a chunk, or a line of the trailer; return the rest."""
        end = data.find(b"\r\n")
        if end < 0:
            if len(data) > LONGEST_SIZE_LINE:
                raise BadAnswerError(_BAD_CHUNKS)
            self._pending = data
            return b""
        line, rest = data[:end], data[end + 2 :]
        if self._part is _BodyPart.TRAILER:
            self._part = _BodyPart.TRAILER if line else _BodyPart.DONE
        elif self._part is _BodyPart.CHUNK_END:
            if line:
                raise BadAnswerError(_BAD_CHUNKS)
            self._part = _BodyPart.CHUNK_SIZE
        else:
            self._left = _chunk_size(line)
            self._part = _BodyPart.CHUNK if self._left else _BodyPart.TRAILER
        return rest


def _read_head(head: bytes) -> _Head:
    match = _STATUS_LINE.match(head)
    if match is None:
        raise BadAnswerError(_NOT_HTTP)
    status, stays, lower = int(match[2]), match[1] == b"1", head.lower()
    connection = _CONNECTION.search(lower)
    if connection is not None:
        stays = b"keep-alive" in connection[1] or (stays and b"close" not in connection[1])
    if status in _NO_BODY:
        return status, stays, _DONE, 0
    if _CHUNKED.search(lower):
        return status, stays, _BodyPart.CHUNK_SIZE, 0
    if length := _LENGTH.search(lower):
        left = int(length[1])
        return status, stays, _LENGTH_PART if left else _DONE, left
    return status, stays, _BodyPart.UNTIL_CLOSE, 0


def _may_begin(data: bytes) -> bool:
    return data[:7] == b"HTTP/1."[: len(data[:7])]


def _chunk_size(line: bytes) -> int:
    try:
        return int(line.partition(b";")[0].strip() or b"x", 16)
    except ValueError:
        raise BadAnswerError(_BAD_CHUNKS) from None
