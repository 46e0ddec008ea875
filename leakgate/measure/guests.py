"""Probes in processes that run already: bring them in, show them that leakgate runs, and make them leave."""

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from leakgate.files import read_plain_file
from leakgate.measure.attach_folder import ALIVE, guests_in
from leakgate.measure.attached import AttachedProcess
from leakgate.measure.channel import Channel
from leakgate.measure.processes import ProgramMarks, descendants, lives
from leakgate.model.units import format_duration
from leakgate.targets.plan import PROBE_DIR
from leakgate.targets.refusals import Method, Refused, why_not_inside
from leakgate.targets.running import RunningProcess, look_at_permission, look_at_process

USED: Final = "the probe used"
STAYS: Final = "about half a MB of the probe stays"
"""Beginnings of the notes that say what a visit cost, and what it left."""
_LEAVE_S: Final = 15.0
"""Seconds that probes may take to leave: they finish their job, and removing hooks needs the program's own threads."""
_LOOK_S: Final = 0.02
_LONGEST_FAREWELL: Final = 100
_COMES_BY_ITSELF_S: Final = 5.0
"""Seconds. A worker that was started during the watch and has no probe after this time did not get the environment."""
_NEW_WORKERS_S: Final = 1.0
"""Seconds between two searches for workers without the probe."""


class Injector(Protocol):
    """Runs a piece of Python code in another process."""

    method: Method

    def inject(self, process: RunningProcess, code: bytes, channel: Channel) -> tuple[str, ...]:
        """Run the code on the main thread of the process, and return notes. Raises Refused if that fails."""
        ...


@runtime_checkable
class Waker(Protocol):
    """An injector that can also wake a main thread which waits in C."""

    def wake(self, process: RunningProcess, channel: Channel) -> None:
        """Make the main thread run its pending calls. Raises Refused if that fails."""
        ...


class Guests:
    """The door into a process, and into its workers if the user asked for them."""

    def __init__(self, facts: RunningProcess, injector: Injector, *, follows_children: bool) -> None:
        self._facts = facts
        self._injector = injector
        self._follows_children = follows_children
        self._channel: Channel | None = None
        self._interval_s = 0.0
        self._entered = 0.0
        """Time of the entry in seconds since the epoch, comparable with the creation times of processes."""
        self._alive = -1
        self._asked: set[int] = set()
        self._woken: set[int] = set()
        self._programs = ProgramMarks()
        """The programs of the processes with a probe."""
        self._next_look = 0.0
        self._notes: list[str] = []

    def enter(self, process: AttachedProcess, channel: Channel, interval_s: float) -> tuple[str, ...]:
        """Bring the probe in, and return notes for the report. Raises Refused if that fails."""
        self._channel, self._interval_s = channel, interval_s
        self._alive = _hold_open(channel.folder / ALIVE)
        self._entered = time.time()
        _hand_over(channel, self._facts)
        self._go_into(self._facts, channel)
        self._go_into_children(process)
        return tuple(self._notes)

    def keep_up(self, process: AttachedProcess) -> None:
        """Bring the probe into workers that have none."""
        now = time.monotonic()
        if self._follows_children and now >= self._next_look:
            self._next_look = now + _NEW_WORKERS_S
            self._go_into_children(process)

    def leave(self, process: AttachedProcess) -> tuple[str, ...]:
        """Ask all probes to leave, wait until they have left, and return notes for the report."""
        channel, self._channel = self._channel, None
        if channel is None:
            return ()
        channel.leave()
        until = time.monotonic() + _LEAVE_S
        while (present := self._present(channel)) and time.monotonic() < until:
            self._wake(channel, present)
            time.sleep(_LOOK_S)
        if self._alive >= 0:
            os.close(self._alive)  # probes that did not answer notice that leakgate has ended
        del process
        left = [f"the probe in process {pid} did not confirm that it was removed; it removes itself" for pid in present]
        farewells = tuple(_farewells(channel.folder))
        cost_s = sum(one.cpu_s for one in farewells)
        used = [f"{USED} {format_duration(cost_s)} of processor time"] if cost_s else []
        rests = [
            f"{STAYS} in process {one.pid}: its main thread ran no Python code until the end"
            for one in farewells
            if not one.clean
        ]
        return (*left, *used, *rests)

    def _present(self, channel: Channel) -> list[int]:
        """Return the processes whose probe has not left. A process that has called ``exec`` has no probe any more."""
        return [pid for pid in guests_in(channel.folder) if not self._is_replaced(channel, pid)]

    def _is_replaced(self, channel: Channel, pid: int) -> bool:
        came_back = any(channel.folder.glob(f"gauges-{pid}-*.bin"))  # the new program has loaded the probe too
        return not came_back and self._programs.are_replaced(pid)

    def _wake(self, channel: Channel, present: list[int]) -> None:
        """Make main threads that wait in C run the pending calls for which leaving probes wait."""
        for pid in present:
            wake = channel.folder / f"wake-{pid}.txt"
            if isinstance(self._injector, Waker) and pid not in self._woken and wake.exists():
                self._woken.add(pid)
                wake.unlink(missing_ok=True)  # the probe waits for longer now
                facts = look_at_process(pid)
                if facts is not None:
                    with contextlib.suppress(Refused):
                        self._injector.wake(facts, channel)

    def _go_into_children(self, process: AttachedProcess) -> None:
        channel = self._channel
        if not self._follows_children or channel is None:
            return
        for pid in descendants(process.pid):
            if pid in self._asked or _has_arrived(channel.folder, pid):
                self._programs.note_once(pid)
                continue
            facts = look_at_process(pid)
            if facts is not None and time.time() - facts.created < self._patience_s(facts):
                continue
            self._asked.add(pid)
            if facts is None or facts.python is None:
                continue
            try:
                self._go_into(facts, channel)
            except Refused as refusal:
                self._notes.append(f"the probe is not in the worker: {refusal.message}")

    def _patience_s(self, facts: RunningProcess) -> float:
        """Return how old a worker must be. A worker that was started during the watch usually has the probe already."""
        return _COMES_BY_ITSELF_S if facts.created > self._entered else 0.0

    def _go_into(self, facts: RunningProcess, channel: Channel) -> None:
        refusal = why_not_inside(facts, self._injector.method, look_at_permission(), sys.platform)
        if refusal is not None:
            raise refusal
        self._asked.add(facts.pid)
        folder = probe_folder(channel.folder)
        code = arrival_code(folder, channel.folder, self._interval_s, follows_children=self._follows_children)
        self._notes += self._injector.inject(facts, code, channel)
        self._programs.note(facts.pid)


def arrival_code(probe: Path, channel: Path, interval_s: float, *, follows_children: bool) -> bytes:
    """Return the code that the main thread of a process runs: it starts a thread, binds no name and raises nothing.

    The thread runs ``arrive.py``. A Ctrl-C that arrives in these microseconds is sent again.
    """
    file = str(probe / "arrive.py")
    inner = (
        "try:\n"
        f" f=__import__('_io').open({file!r},'rb')\n"
        " try:s=f.read()\n"
        " finally:f.close()\n"
        " d={'__name__':'_leakgate_probe.arrive'}\n"
        f" exec(compile(s,{file!r},'exec',dont_inherit=True),d)\n"
        f" d['arrive']({str(channel)!r},{interval_s!r},{follows_children!r})\n"
        "except:pass\n"
    )
    return (
        "try:\n"
        f" __import__('_thread').start_new_thread(__import__('builtins').exec,({inner!r},{{}}))\n"
        "except KeyboardInterrupt:\n"
        " __import__('_thread').interrupt_main()\n"
        "except:pass\n"
    ).encode()


def probe_folder(channel: Path) -> Path:
    """Return the folder of the probe's files: a copy for a process of another user, who may not read leakgate's."""
    copy = channel / "probe"
    return copy if copy.is_dir() else PROBE_DIR


def wait_for_arrival(channel: Path, pid: int, timeout_s: float) -> bool:
    """Wait until the probe in a process has made its file; False after ``timeout_s``.

    Raises Refused if the probe reports an error, or if the process has ended.
    """
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        if _has_arrived(channel, pid):
            return True
        trouble = channel / f"error-{pid}.txt"
        if trouble.exists():
            time.sleep(_LOOK_S)  # until the line is complete
            raise Refused(f"the probe could not start in process {pid}: {_first_line(trouble)}")
        if not lives(pid):
            raise Refused(f"process {pid} ended while the probe was loaded into it")
        time.sleep(_LOOK_S)
    return False


def _has_arrived(channel: Path, pid: int) -> bool:
    return (channel / f"gauges-{pid}.bin").exists()


def _first_line(path: Path) -> str:
    try:
        lines = read_plain_file(path, 500).decode(errors="replace").splitlines()
    except OSError:
        lines = []
    return lines[0] if lines else "no reason is known"


def _hold_open(path: Path) -> int:
    if hasattr(os, "mkfifo"):
        os.mkfifo(path, 0o600)
        return os.open(path, os.O_RDWR | os.O_NONBLOCK)
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _hand_over(channel: Channel, facts: RunningProcess) -> None:
    """Give the folder to the user of the process, if that is another user (leakgate runs as root)."""
    if sys.platform == "win32" or facts.user_id in (-1, os.geteuid()):
        return
    shutil.copytree(PROBE_DIR, channel.folder / "probe", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (*channel.folder.rglob("*"), channel.folder):
        os.chown(path, facts.user_id, facts.group_id, follow_symlinks=False)


@dataclass(frozen=True, slots=True)
class _Farewell:
    """The report of a probe that left."""

    pid: int
    cpu_s: float
    clean: bool
    """Whether all of the probe's memory was freed."""


def _farewells(channel: Path) -> Iterator[_Farewell]:
    for path in sorted(channel.glob("left-*.txt")):
        with contextlib.suppress(OSError, ValueError):
            cpu_s, clean = read_plain_file(path, _LONGEST_FAREWELL).split()
            if 0.0 <= float(cpu_s) < float("inf"):
                yield _Farewell(int(path.stem.partition("-")[2]), float(cpu_s), clean == b"1")
