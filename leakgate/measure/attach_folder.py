"""The temporary folder of an attachment, which is removed also if leakgate, the watched process or both are killed.

A second process makes the folder, writes its path to stdout and waits for the end of its stdin. Only leakgate holds the
other end, so stdin ends also after ``kill -9``. Then the second process waits until gdb and the probes no longer use
the folder, and removes it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import psutil

from leakgate.errors import MeasureError
from leakgate.measure import processes
from leakgate.measure.own_process import start_own_process

ALIVE: Final = "alive"
"""A FIFO that leakgate holds open. A probe that reads the end of it knows that leakgate has ended."""
CHANNEL_PREFIX: Final = "leakgate-"
GDB_PREFIX: Final = "leakgate-gdb-"
"""The beginning of the names of the folders from which gdb reads its scripts."""
_PREFIX: Final = "leakgate-attach-"
_MODE: Final = 0o711
"""The watched process may belong to another user. It reaches its channel below the folder, but cannot list it."""
_PATIENCE_S: Final = 60.0
"""Seconds to wait for gdb and the probes. gdb works for a third of a second, and a probe leaves in 17 s at most."""
_ARRIVAL_S: Final = 10.0
"""Seconds to wait for a probe that may be about to arrive. It finds out by the FIFO that leakgate has ended."""
_LOOK_S: Final = 0.05


@contextmanager
def attach_folder() -> Iterator[Path]:
    """Make a folder, and remove it at the end of the block. If this process is killed, the folder is removed too.

    Raises MeasureError if the second process cannot be started.
    """
    try:
        keeper = start_own_process("leakgate.measure.attach_folder", stderr=subprocess.DEVNULL)
    except OSError as error:
        raise MeasureError(f"leakgate could not start the process that removes its folder: {error}") from error
    folder: Path | None = None
    try:
        folder = _announced(keeper)
        yield folder
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        keeper.communicate()


def _announced(keeper: "subprocess.Popen[bytes]") -> Path:
    """Return the folder that the second process has made."""
    path = keeper.stdout.readline().rstrip(b"\r\n") if keeper.stdout is not None else b""
    if not path:
        raise MeasureError(
            "leakgate could not make a temporary folder", hint="check that the temporary folder can be written to"
        )
    return Path(os.fsdecode(path))


def has_left(channel: Path, pid: int) -> bool:
    """Whether the probe in a process has reported that it left."""
    try:
        return (channel / f"left-{pid}.txt").stat().st_size > 0  # the probe makes the file, and then writes into it
    except OSError:
        return False


def guests_in(channel: Path) -> list[int]:
    """Return the PIDs of living processes whose probe has arrived and has not reported that it left."""
    pids: set[int] = set()
    with suppress(OSError):  # the program may delete the folder meanwhile
        pids = {int(path.stem.split("-")[1]) for path in channel.glob("gauges-*.bin")}
    return sorted(pid for pid in pids if processes.lives(pid) and not has_left(channel, pid))


def is_in_use(folder: Path, waited_s: float) -> bool:
    """Whether gdb or a probe still uses the folder, ``waited_s`` seconds after leakgate has ended."""
    with suppress(OSError):  # the probe removes files of its channel meanwhile
        for channel in folder.glob(f"{CHANNEL_PREFIX}*"):
            if guests_in(channel):
                return True
            awaited = (channel / ALIVE).exists() and not any(channel.glob("gauges-*.bin"))
            if awaited and waited_s < _ARRIVAL_S:
                return True
    return any(folder.glob(f"{GDB_PREFIX}*")) and any(_works_in(folder, one) for one in psutil.process_iter())


def _works_in(folder: Path, process: psutil.Process) -> bool:
    try:
        return Path(process.cwd()).is_relative_to(folder)
    except (psutil.Error, OSError):
        return False


def main() -> None:
    """Make the folder, wait for the end of leakgate, and remove the folder once no process uses it."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    folder.chmod(_MODE)
    with suppress(OSError):  # leakgate has ended already
        sys.stdout.write(f"{folder}\n")
        sys.stdout.flush()
    sys.stdin.buffer.read()
    ended = time.monotonic()
    while (waited_s := time.monotonic() - ended) < _PATIENCE_S and is_in_use(folder, waited_s):
        time.sleep(_LOOK_S)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
