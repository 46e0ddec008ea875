"""The probe's side of the channel: files in a private folder. The forms are described in `docs/architecture.md`."""

from __future__ import annotations

import os
import struct
import time

MAGIC = b"LKGAUGE1"
HEADER = struct.Struct("<8sIIdQ")
RECORD = struct.Struct("<dqqqqIIdd")
COMMAND = struct.Struct("<IIIIdQ")

SETTLED, TRACING, EXPLAINING, LAST = 1, 2, 4, 8
"""Flags of a record."""
COLLECT, EXPLAIN = 1, 2
"""Opcodes of a command."""

_HIGH_DESCRIPTORS = (1000, 250, 64)
"""Out of the way of scripts that count on low numbers or close a range of them; the first that the limit admits."""
_LONGEST_ERROR = 8000


class Command:
    """The newest command that leakgate wrote."""

    __slots__ = ("bits", "opcode", "pid", "seconds", "seq")

    def __init__(self, data: bytes) -> None:
        self.seq, self.opcode, self.bits, self.pid, self.seconds, _ = COMMAND.unpack(data)


def read_command(channel: str) -> Command | None:
    """The newest command; None where there is none yet. Opened each time: no descriptor for the script to close."""
    try:
        descriptor = os.open(os.path.join(channel, "commands.bin"), os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError:
        return None
    try:
        data = os.read(descriptor, COMMAND.size)
    finally:
        os.close(descriptor)
    return Command(data) if len(data) == COMMAND.size else None


class GaugeFile:
    """`gauges-PID.bin`: a header, then records of a fixed size, each appended with a single write."""

    def __init__(self, channel: str) -> None:
        self._path, self._descriptor = _create(channel, os.getpid())
        self._identity = _identity(self._descriptor)
        self._size = os.write(
            self._descriptor, HEADER.pack(MAGIC, RECORD.size, os.getpid(), time.monotonic(), os.getppid())
        )

    def append(self, record: bytearray) -> None:
        """Write a record; a torn one (disk full) is taken back."""
        if _identity(self._descriptor) != self._identity:  # the script closed it, and its number may be in use again
            self._descriptor = _raise_number(
                os.open(self._path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0))
            )
        written = os.write(self._descriptor, record)
        if written == RECORD.size:
            self._size += written
        else:
            os.ftruncate(self._descriptor, self._size)

    def forget(self) -> None:
        """Close the descriptor if it is still ours: in a forked child, where the parent goes on using the file."""
        if _identity(self._descriptor) == self._identity:
            os.close(self._descriptor)


def _create(channel: str, pid: int) -> tuple[str, int]:
    """A new file; the name has a counter where the PID had one before (`exec`, or a number used again)."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    name = "gauges-%d.bin" % pid
    for count in range(1, 1000):
        path = os.path.join(channel, name)
        try:
            return path, _raise_number(os.open(path, flags, 0o600))
        except FileExistsError:
            name = "gauges-%d-%d.bin" % (pid, count)
    raise OSError("too many gauges files for PID %d" % pid)


def _raise_number(descriptor: int) -> int:
    """The same open file under a high number, not inherited."""
    try:
        import fcntl  # noqa: PLC0415 - not on Windows
    except ImportError:
        return descriptor
    for lowest in _HIGH_DESCRIPTORS:
        try:
            high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, lowest)
        except OSError:
            continue
        os.close(descriptor)
        return high
    return descriptor


def _identity(descriptor: int) -> tuple[int, int] | None:
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def report_error(channel: str, doing: str, error: BaseException) -> None:
    """Write why the probe could not work to `error-PID.txt`; silent, and never longer than a few lines."""
    try:
        lines = ["%s: %s: %s" % (doing, type(error).__name__, error)]
        trace = error.__traceback__
        while trace is not None and len(lines) < 40:
            code = trace.tb_frame.f_code
            lines.append("  %s:%d %s" % (code.co_filename, trace.tb_lineno, code.co_name))
            trace = trace.tb_next
        path = os.path.join(channel, "error-%d.txt" % os.getpid())
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            if os.fstat(descriptor).st_size < _LONGEST_ERROR:
                os.write(descriptor, "\n".join([*lines, ""]).encode("utf-8", "backslashreplace")[:_LONGEST_ERROR])
        finally:
            os.close(descriptor)
    except BaseException:  # there is nobody left to tell
        return
