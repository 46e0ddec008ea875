"""The probe's side of the channel: files in a private folder. `docs/channel.md` describes their formats."""

from __future__ import annotations

import _struct

from .system import standard, system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAGIC = b"LKGAUGE1"
_struct_any: Any = _struct
HEADER = _struct_any.Struct("<8sIIdQ")
RECORD = _struct_any.Struct("<dqqqqqIIdd")
COMMAND = _struct_any.Struct("<IIIIdQ")

SETTLED, TRACING, EXPLAINING, LAST, POOLED, RAISED = 1, 2, 4, 8, 16, 32
"""Flags of a record. POOLED: the process is a pool worker that gets many tasks. RAISED: an exception was not caught."""
COLLECT, EXPLAIN, LEAVE = 1, 2, 3
"""Opcodes of a command."""

_HIGH_DESCRIPTORS = (1000, 250, 64)
"""Descriptor numbers from which on the probe takes one; the first that the limit allows. Scripts may rely on low
numbers, or close a range of them."""
_LONGEST_ERROR = 8000
_LONGEST_WORK = 1000


class Command:
    """The newest command that leakgate wrote."""

    __slots__ = ("bits", "blocks_per_s", "opcode", "pid", "seconds", "seq")

    def __init__(self, data: bytes) -> None:
        self.seq, self.opcode, self.bits, self.pid, self.seconds, self.blocks_per_s = COMMAND.unpack(data)


class CommandFile:
    """`commands.bin`, which leakgate overwrites with each command.

    It stays open: opening it at each look would raise an audit event each time, and an audit hook of the program may
    refuse that. An open file can also be read after its folder is removed.
    """

    def __init__(self, channel: str) -> None:
        self._file = _HeldFile(channel + system.SEP + "commands.bin", system.READ)

    def read(self) -> Command | None:
        """Return the newest command; None if there is none yet, or if the file cannot be read."""
        try:
            descriptor = self._file.descriptor()
            system.seek(descriptor, 0, 0)
            data = system.read(descriptor, COMMAND.size)
        except OSError:
            return None
        return Command(data) if len(data) == COMMAND.size else None

    def forget(self) -> None:
        """Close the file, in a forked child: parent and child would share the position in it."""
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
        """Write a record. If only a part of it was written (disk full), that part is removed again."""
        descriptor = self._file.descriptor()
        written = system.write(descriptor, record)
        if written == RECORD.size:
            self._size += written
        else:
            system.truncate(descriptor, self._size)

    def forget(self) -> None:
        """Close the file, in a forked child: it belongs to the parent."""
        self._file.forget()


class _HeldFile:
    """A file that stays open under a high number. It is opened again if the program has closed its descriptor."""

    def __init__(self, path: str, flags: int) -> None:
        self._path, self._flags = path, flags | system.BINARY
        self._descriptor = -1
        self._identity: tuple[int, int] | None = None

    def descriptor(self) -> int:
        """Return an open descriptor of this file. Raises OSError if it cannot be opened."""
        if self._identity is None or _identity(self._descriptor) != self._identity:
            self._descriptor = raise_number(system.open(self._path, self._flags))
            self._identity = _identity(self._descriptor)
        return self._descriptor

    def forget(self) -> None:
        """Close the descriptor if it still belongs to this file."""
        if self._identity is not None and _identity(self._descriptor) == self._identity:
            system.close(self._descriptor)
        self._identity = None


def read_work(channel: str) -> str:
    """Return the function whose calls the probe must count, as `package.module:name`; empty if there is none."""
    path = channel + system.SEP + "work.txt"
    if not system.exists(path):
        return ""
    try:
        descriptor = system.open(path, system.READ | system.BINARY)
        try:
            return str(system.read(descriptor, _LONGEST_WORK), "utf-8")
        finally:
            system.close(descriptor)
    except (OSError, ValueError):
        return ""


def _create(channel: str, pid: int) -> str:
    """Create a new file and return its path. Raises OSError.

    The name has a counter if there is a file of that PID already (`exec`, or a PID that is used again).
    """
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
    """Move an open file to a high descriptor number that children do not inherit; return the number."""
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
    """Append an error of the probe to `error-PID.txt`, whose size is limited. Never raises."""
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
