"""The probe's side of the channel: files in a private folder. The forms are described in `docs/channel.md`."""

from __future__ import annotations

import _struct

from .system import standard, system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAGIC = b"LKGAUGE1"
_struct_any: Any = _struct
HEADER = _struct_any.Struct("<8sIIdQ")
RECORD = _struct_any.Struct("<dqqqqIIdd")
COMMAND = _struct_any.Struct("<IIIIdQ")

SETTLED, TRACING, EXPLAINING, LAST, POOLED, RAISED = 1, 2, 4, 8, 16, 32
"""Flags of a record; POOLED: in a worker of a pool, which does many tasks; RAISED: an exception was not caught."""
COLLECT, EXPLAIN, LEAVE = 1, 2, 3
"""Opcodes of a command."""

_HIGH_DESCRIPTORS = (1000, 250, 64)
"""Out of the way of scripts that count on low numbers or close a range of them; the first that the limit admits."""
_LONGEST_ERROR = 8000


class Command:
    """The newest command that leakgate wrote."""

    __slots__ = ("bits", "opcode", "pid", "seconds", "seq")

    def __init__(self, data: bytes) -> None:
        self.seq, self.opcode, self.bits, self.pid, self.seconds, _ = COMMAND.unpack(data)


class CommandFile:
    """`commands.bin`, which leakgate writes over again and again.

    It stays open: to open it at each look would raise an audit event at each look, and an audit hook of the program may
    refuse it. It can still be read when the folder is gone.
    """

    def __init__(self, channel: str) -> None:
        self._file = _HeldFile(channel + system.SEP + "commands.bin", system.READ)

    def read(self) -> Command | None:
        """The newest command; None where there is none yet."""
        try:
            descriptor = self._file.descriptor()
            system.seek(descriptor, 0, 0)
            data = system.read(descriptor, COMMAND.size)
        except OSError:
            return None
        return Command(data) if len(data) == COMMAND.size else None

    def forget(self) -> None:
        """Close it, in a forked child: parent and child would share the position in the file."""
        self._file.forget()


class GaugeFile:
    """`gauges-PID.bin`: a header, then records of a fixed size, each appended with a single write."""

    def __init__(self, channel: str) -> None:
        path = _create(channel, system.getpid())
        self._file = _HeldFile(path, system.APPEND)
        self._size = system.write(
            self._file.descriptor(),
            HEADER.pack(MAGIC, RECORD.size, system.getpid(), system.monotonic(), system.getppid()),
        )

    def append(self, record: bytearray) -> None:
        """Write a record; a torn one (disk full) is taken back."""
        descriptor = self._file.descriptor()
        written = system.write(descriptor, record)
        if written == RECORD.size:
            self._size += written
        else:
            system.truncate(descriptor, self._size)

    def forget(self) -> None:
        """Close it, in a forked child: the parent goes on using the file."""
        self._file.forget()


class _HeldFile:
    """A file that stays open under a high number. It is opened again where the program closed its descriptor."""

    def __init__(self, path: str, flags: int) -> None:
        self._path, self._flags = path, flags | system.BINARY
        self._descriptor = -1
        self._identity: tuple[int, int] | None = None

    def descriptor(self) -> int:
        """An open descriptor of this file. Raises OSError."""
        if self._identity is None or _identity(self._descriptor) != self._identity:
            self._descriptor = raise_number(system.open(self._path, self._flags))
            self._identity = _identity(self._descriptor)
        return self._descriptor

    def forget(self) -> None:
        """Close the descriptor if it is still ours."""
        if self._identity is not None and _identity(self._descriptor) == self._identity:
            system.close(self._descriptor)
        self._identity = None


def _create(channel: str, pid: int) -> str:
    """A new file; the name has a counter where the PID had one before (`exec`, or a number used again)."""
    name = "gauges-%d.bin" % pid
    for count in range(1, 1000):
        path = channel + system.SEP + name
        try:
            system.close(system.open(path, system.CREATE | system.EXCLUSIVE | system.BINARY, 0o600))
        except FileExistsError:
            name = "gauges-%d-%d.bin" % (pid, count)
        else:
            return path
    raise OSError("too many gauges files for PID %d" % pid)


def raise_number(descriptor: int) -> int:
    """The same open file under a high number, not inherited."""
    try:
        fcntl = standard("fcntl")
    except ImportError:  # on Windows
        return descriptor
    for lowest in _HIGH_DESCRIPTORS:
        try:
            high: int = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, lowest)
        except OSError:
            continue
        system.close(descriptor)
        return high
    return descriptor


def _identity(descriptor: int) -> tuple[int, int] | None:
    try:
        status = system.fstat(descriptor)
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
        path = channel + system.SEP + "error-%d.txt" % system.getpid()
        descriptor = system.open(path, system.APPEND | system.CREATE, 0o600)
        try:
            if system.fstat(descriptor).st_size < _LONGEST_ERROR:
                system.write(descriptor, "\n".join([*lines, ""]).encode("utf-8", "backslashreplace")[:_LONGEST_ERROR])
        finally:
            system.close(descriptor)
    except BaseException:  # no process reads a message any more
        return
