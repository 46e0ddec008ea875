"""The private folder between leakgate and the probes, and the commands that leakgate writes into it."""

import contextlib
import os
import struct
import tempfile
from collections.abc import Iterator
from enum import IntEnum, IntFlag
from pathlib import Path
from typing import Final

from leakgate.files import NEW_FILE_FLAGS, read_plain_file
from leakgate.measure.run_folder import restore_folder
from leakgate.model.step import ExplainPlan

_COMMAND: Final = struct.Struct("<IIIIdQ")
_LONGEST_COMPLAINT: Final = 2_000
EVERY_PROBE: Final = 0
_MOST_RESTORED: Final = 16
"""How often the folder is made. After that, leakgate does not restore it for a script that keeps deleting it."""


class Opcode(IntEnum):
    """The command for a probe."""

    COLLECT = 1
    EXPLAIN = 2
    LEAVE = 3
    """For guests only: leave the program."""


class ExplainSubject(IntFlag):
    """What an EXPLAIN command asks for."""

    NOTHING = 0
    TRACE = 1
    NATIVE = 2
    HOLDERS = 4
    RESOURCES = 8
    QUICK = 16


class Channel:
    """The folder, and the file of commands in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seq = 0
        """Number of the newest command; 0 before the first one."""
        self._descriptors: list[int] = []
        """Descriptors of the command files, held open: if a script replaces a file with a link, leakgate does not write
        to the link's target. There are several if the folder was deleted: each probe holds the file that it found."""
        self._newest = _COMMAND.pack(0, 0, 0, 0, 0.0, 0)
        self._work = ""
        self._owner = folder.parent.stat().st_uid
        self._create()

    def count_calls(self, function: str) -> None:
        """Make every probe that starts from now on count the calls of ``package.module:function``."""
        self._work = function
        (self.folder / "work.txt").write_text(function, encoding="utf-8")

    def collect(self) -> int:
        """Ask every probe for a full collection and a reading after it. Returns the number of the command."""
        return self._command(Opcode.COLLECT, ExplainSubject.NOTHING, EVERY_PROBE, 0.0)

    def explain(self, plan: ExplainPlan, main_pid: int) -> int:
        """Ask for an explanation. Returns the number of the command, which is part of the names of the answers."""
        subject = ExplainSubject.NOTHING
        for wanted, part in (
            (plan.trace, ExplainSubject.TRACE),
            (plan.native, ExplainSubject.NATIVE),
            (plan.holders, ExplainSubject.HOLDERS),
            (plan.resources, ExplainSubject.RESOURCES),
            (plan.quick, ExplainSubject.QUICK),
        ):
            subject |= part if wanted else ExplainSubject.NOTHING
        pids = plan.pids or (main_pid,)
        pid = pids[0] if len(pids) == 1 else EVERY_PROBE
        return self._command(Opcode.EXPLAIN, subject, pid, plan.window_s, round(plan.blocks_per_s))

    def leave(self) -> None:
        """Ask every probe that is a guest in a running process to leave it."""
        self._command(Opcode.LEAVE, ExplainSubject.NOTHING, EVERY_PROBE, 0.0)

    def answer(self, pid: int, seq: int) -> Path:
        """Return the path of a probe's explanation. The file exists once it is complete."""
        return self.folder / f"explain-{pid}-{seq}.jsonl"

    def complaints(self) -> tuple[str, ...]:
        """Return one line for each probe that reported an error. The text is hostile and of bounded length."""
        found: list[str] = []
        with contextlib.suppress(OSError):
            for path in sorted(self.folder.glob("error-*.txt"))[:8]:
                text = _read_start(path)
                if text:
                    found.append(f"the probe reported a problem: {text.splitlines()[0]}")
        return tuple(found)

    def restore(self) -> bool:
        """Make the folder again if it was deleted. Returns whether it was made.

        Without the folder, running probes still take readings, but cannot explain, and new processes cannot report.
        """
        if self.folder.exists() or len(self._descriptors) >= _MOST_RESTORED:
            return False
        try:
            restore_folder(self.folder.parent, self._owner)
            self.folder.mkdir(mode=0o700)
            self._create()
            if self._work:
                self.count_calls(self._work)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Close the command files."""
        while self._descriptors:
            os.close(self._descriptors.pop())

    def _create(self) -> None:
        self._descriptors.append(os.open(self.folder / "commands.bin", NEW_FILE_FLAGS, 0o600))
        self._write(self._newest)

    def _command(self, opcode: Opcode, subject: ExplainSubject, pid: int, seconds: float, blocks_per_s: int = 0) -> int:
        self.seq += 1
        self._write(_COMMAND.pack(self.seq, opcode, subject, pid, seconds, blocks_per_s))
        return self.seq

    def _write(self, record: bytes) -> None:
        self._newest = record
        for descriptor in self._descriptors:
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, record)


@contextlib.contextmanager
def open_channel(inside: Path | None = None) -> Iterator[Channel]:
    """Make a new private folder (mode 0700), ``inside`` another one or in the temporary folder of the system.

    It is removed at the end of the block, also after an exception.
    """
    with tempfile.TemporaryDirectory(prefix="leakgate-", dir=inside, ignore_cleanup_errors=True) as folder:
        channel = Channel(Path(folder))
        try:
            yield channel
        finally:
            channel.close()


def _read_start(path: Path) -> str:
    try:
        return read_plain_file(path, _LONGEST_COMPLAINT).decode(errors="replace").strip()
    except OSError:
        return ""
