"""The parent of one measured script: a process of its own, so that nothing survives leakgate, whatever ended it.

It is told what to start on stdin and reports on stdout, one JSON object a line. Its stdin is a pipe that only leakgate
holds: when that ends, by ``kill -9`` too, everything that descends from the script is ended, and its arguments, the
channel's folder and the two files for the script's output, are removed, even where nothing was started yet. On Linux
it adopts orphans, so that a process that left its group and session is still found. While the script runs it sleeps.

It may not measure, and it starts nothing but the script.
"""

import contextlib
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any, BinaryIO, Final, assert_never

from leakgate.measure import processes, standby
from leakgate.measure.output import BoundedLog, pump

GRACE_S: Final = 2.0
"""Between the polite signal and the hard one."""
ORPHANED_GRACE_S: Final = 0.5
"""The same, when leakgate is gone and no process reads the last output of the script."""
KILLING_S: Final = 10.0
"""After that, what cannot be killed (a process stuck in the kernel) is given up."""
LOGS_PREFIX: Final = "leakgate-logs-"
"""How the temporary folder for the logs of one target is named."""
_LAST_EXITS_S: Final = 0.5
_LOOK_AGAIN_S: Final = 0.02
_LAST_OUTPUT_S: Final = 2.0
_WIND_DOWN_S: Final = 0.25
"""Helpers of multiprocessing end on their own just after the main process; they are no processes that live on."""


@dataclass(frozen=True, slots=True)
class Exited:
    """A child, or an orphan that was adopted, ended with this status (negative: a signal)."""

    pid: int
    status: int


@dataclass(frozen=True, slots=True)
class Stop:
    """The script is to be ended."""

    grace_s: float
    leakgate_gone: bool = False


@dataclass(frozen=True, slots=True)
class NoneLeft:
    """No descendant lives any more."""


Event = Exited | Stop | NoneLeft


class Supervisor:
    """Starts the script, waits for its end or for the word to end it, and leaves no process behind."""

    def __init__(
        self,
        order: dict[str, Any],
        logs: tuple[Path, ...],
        control: Iterator[bytes],
        report: BinaryIO,
        events: "SimpleQueue[Event]",
        *,
        ignores_children: bool = False,
    ) -> None:
        self._order = order
        self._logs = logs
        self._control = control
        self._report = report
        self._events = events
        self._ignores_children = ignores_children
        self._family = processes.Family(os.getpid())
        self._pumps: list[threading.Thread] = []
        self._script_pid = 0
        self._grace_s: float = order.get("grace_s", GRACE_S)
        self._main_ended = False
        self._stopping = False
        self._leakgate_gone = False
        self._none_left = False
        self._grace_ends_s = math.inf
        """When what still lives is killed although it was given longer: something asked for the end again, or left."""

    def run(self) -> bool:
        """From start to end, when no descendant lives or none can be killed. Gives whether leakgate is gone."""
        try:
            script = self._start()
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            self._tell("failed", error=str(error))
            return False
        threading.Thread(target=self._reap, args=(script,), daemon=True).start()
        threading.Thread(target=self._obey, daemon=True).start()
        leftovers = self._end_all(self._wait_for_reason())
        deadline = time.monotonic() + _LAST_OUTPUT_S
        for thread in self._pumps:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._tell("done", leftovers=leftovers, survivors=0 if self._none_left else len(self._family.living()))
        return self._leakgate_gone

    def _start(self) -> "subprocess.Popen[bytes]":
        logs = [BoundedLog(path) for path in self._logs]
        started_s = time.monotonic()
        script = subprocess.Popen(
            self._order["argv"],
            cwd=self._order["cwd"],
            env=self._order["env"],
            stdin=subprocess.PIPE if self._order.get("keeps_stdin") else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            creationflags=processes.creation_flags(),
            preexec_fn=processes.before_program(ignores_children=self._ignores_children),  # noqa: PLW1509 - no thread but this one can hold a lock yet
        )
        self._script_pid = script.pid
        for stream, log in ((script.stdout, logs[0]), (script.stderr, logs[1])):
            if stream is not None:
                thread = threading.Thread(target=pump, args=(os.dup(stream.fileno()), log), daemon=True)
                stream.close()
                thread.start()
                self._pumps.append(thread)
        self._tell("started", pid=script.pid, at_s=started_s, supervisor=os.getpid())
        return script

    def _wait_for_reason(self) -> float:
        """Sleep until the script has ended or is to be ended; gives the grace of what still lives."""
        while True:
            try:
                event = self._events.get(timeout=processes.LOOK_EVERY_S)
            except Empty:
                self._family.look()
                continue
            self._note(event)
            if isinstance(event, Stop):
                return event.grace_s
            if isinstance(event, Exited) and event.pid == self._script_pid:
                self._wait_for_none(time.monotonic() + _WIND_DOWN_S)
                return GRACE_S

    def _end_all(self, grace_s: float) -> int:
        """Send the stop signal, wait, and kill until no process is left. Returns how many processes were living."""
        self._stopping = True
        if self._order.get("signal", "SIGTERM") != "SIGTERM" and not self._main_ended:
            self._ask_main(self._order["signal"], time.monotonic() + grace_s)
        living = self._family.living()
        for process in living:
            processes.ask_to_end(process, leads_group=process.pid == self._script_pid)
        self._wait_for_none(time.monotonic() + grace_s)
        if not self._none_left:
            self._grace_ends_s = math.inf
            self._family.end(KILLING_S)
            self._wait_for_none(time.monotonic() + _LAST_EXITS_S)
        return len(living)

    def _ask_main(self, name: str, until_s: float) -> None:
        """With a signal of its own, the main process is asked first, and ends the others as it is used to."""
        with contextlib.suppress(OSError):
            os.kill(self._script_pid, getattr(signal, name))
        while not self._main_ended:
            try:
                self._note(self._events.get(timeout=max(0.0, min(until_s, self._grace_ends_s) - time.monotonic())))
            except Empty:
                return

    def _wait_for_none(self, until_s: float) -> None:
        while not self._none_left:
            try:
                self._note(self._events.get(timeout=max(0.0, min(until_s, self._grace_ends_s) - time.monotonic())))
            except Empty:
                return

    def _note(self, event: Event) -> None:
        match event:
            case Exited(pid, status) if pid == self._script_pid:
                self._main_ended = True
                self._tell("exited", status=status, at_s=time.monotonic(), stopped=self._stopping)
            case Exited():
                pass  # an adopted orphan, whose status is not needed
            case Stop():
                self._leakgate_gone = self._leakgate_gone or event.leakgate_gone
                if self._stopping:
                    self._grace_ends_s = min(self._grace_ends_s, time.monotonic() + event.grace_s)
            case NoneLeft():
                self._none_left = True
            case _:
                assert_never(event)

    def _reap(self, script: "subprocess.Popen[bytes]") -> None:
        """Wait for every child, adopted ones too, so that none stays a zombie; then for those that were not adopted."""
        if sys.platform == "win32":
            self._events.put(Exited(script.pid, script.wait()))
        else:
            with contextlib.suppress(ChildProcessError):
                while True:
                    pid, status = os.waitpid(-1, 0)
                    code = os.waitstatus_to_exitcode(status)
                    if pid == script.pid:
                        script.returncode = code  # no wait for this PID may follow
                    self._events.put(Exited(pid, code))
        while self._family.living():
            time.sleep(_LOOK_AGAIN_S)
        self._events.put(NoneLeft())

    def _obey(self) -> None:
        """Turn what comes from leakgate into events.

        A line asks for the end (`hurry`: after an interrupt, without patience), the end of the stream demands it.
        """
        for line in self._control:
            self._events.put(Stop(min(self._grace_s, GRACE_S) if line == b"hurry" else self._grace_s))
        self._events.put(Stop(ORPHANED_GRACE_S, leakgate_gone=True))

    def _tell(self, event: str, **details: str | float) -> None:
        with contextlib.suppress(OSError, ValueError):  # leakgate is gone and reads nothing
            self._report.write(json.dumps({"event": event, **details}).encode() + b"\n")
            self._report.flush()


def _lines(source: int) -> Iterator[bytes]:
    """Lines of a pipe until its end. Unbuffered: a thread that waits in a buffered reader breaks the way out."""
    pending = b""
    while chunk := os.read(source, 65_536):
        *lines, pending = (pending + chunk).split(b"\n")
        yield from lines


def _remove(channel: Path, logs: tuple[Path, ...]) -> None:
    """What leakgate would have removed. Of any other folder that holds the logs, only an empty one is removed."""
    shutil.rmtree(channel, ignore_errors=True)
    folder = logs[0].parent
    with contextlib.suppress(OSError):
        # In leakgate's own temporary folder there are also the logs of a set-up that has ended.
        for log in (*logs, *(folder.glob("*.log") if folder.name.startswith(LOGS_PREFIX) else ())):
            log.unlink(missing_ok=True)
        folder.rmdir()


def _hear_of_children() -> bool:
    """Have the kernel tell how children ended; gives whether that was switched off, by who started leakgate."""
    if not hasattr(signal, "SIGCHLD"):
        return False
    return signal.signal(signal.SIGCHLD, signal.SIG_DFL) is signal.SIG_IGN


def main() -> None:
    """Read the order from stdin and see it through."""
    channel, *logs = map(Path, sys.argv[1:])
    ignores_children = _hear_of_children()
    standby.stay_behind(lambda: _remove(channel, tuple(logs)))
    events: SimpleQueue[Event] = SimpleQueue()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        events.put(Stop(ORPHANED_GRACE_S))

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), on_signal)
    control = _lines(sys.stdin.fileno())
    order = next(control, None)
    gone = order is None  # leakgate ended before it had said what to start
    if order is not None:
        processes.adopt_orphans()
        processes.hide_memory()
        gone = Supervisor(
            json.loads(order), tuple(logs), control, sys.stdout.buffer, events, ignores_children=ignores_children
        ).run()
    if gone:
        _remove(channel, tuple(logs))


if __name__ == "__main__":
    main()
