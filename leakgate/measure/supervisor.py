"""The parent of one measured script, a separate process, so that no process survives leakgate if it is killed.

It reads its order from stdin and reports on stdout, one JSON object per line. Only leakgate holds the other end of its
stdin. When that pipe ends, also through ``kill -9``, the supervisor ends all descendants of the script. Then it removes
the files that its arguments name, the channel's folder and the two files for the script's output, also if nothing was
started yet. On Linux it adopts orphans, so that it also finds a process that has left its group and session. While the
script runs, the supervisor sleeps.

It does not measure, and it starts nothing but the script.
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
from leakgate.measure.folder_keeper import RUN_PREFIX
from leakgate.measure.output import BoundedLog, pump

GRACE_S: Final = 2.0
"""Seconds between the stop signal and SIGKILL."""
ORPHANED_GRACE_S: Final = 0.5
"""The same if leakgate has ended, so that no process reads the last output of the script."""
KILLING_S: Final = 10.0
"""Seconds for killing. After that, processes that cannot be killed (stuck in the kernel) are given up."""
LOGS_PREFIX: Final = "leakgate-logs-"
"""Beginning of the name of the temporary folder for the logs of one target."""
_LAST_EXITS_S: Final = 0.5
_LOOK_AGAIN_S: Final = 0.02
_LAST_OUTPUT_S: Final = 2.0
_WIND_DOWN_S: Final = 0.25
"""Seconds to wait after the end of the main process. Helpers of multiprocessing that end by themselves in this time do
not count as remaining processes."""


@dataclass(frozen=True, slots=True)
class Exited:
    """A child, or an adopted orphan, ended with this status (negative: the number of a signal)."""

    pid: int
    status: int


@dataclass(frozen=True, slots=True)
class Stop:
    """A request to end the script."""

    grace_s: float
    leakgate_gone: bool = False


@dataclass(frozen=True, slots=True)
class NoneLeft:
    """No descendant is alive."""


Event = Exited | Stop | NoneLeft


class Supervisor:
    """Starts the script, waits for its end or for the request to end it, and leaves no process behind."""

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
        """The monotonic time at which remaining processes are killed even if their grace period is longer. It is set
        when leakgate asks for the end again, or has ended."""

    def run(self) -> bool:
        """Run the script until no descendant is alive, or none can be killed. Returns whether leakgate has ended."""
        try:
            script = self._start()
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            self._send("failed", error=str(error))
            return False
        threading.Thread(target=self._reap, args=(script,), daemon=True).start()
        threading.Thread(target=self._obey, daemon=True).start()
        leftovers = self._end_all(self._wait_for_reason())
        deadline = time.monotonic() + _LAST_OUTPUT_S
        for thread in self._pumps:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._send("done", leftovers=leftovers, survivors=0 if self._none_left else len(self._family.living()))
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
        self._send("started", pid=script.pid, at_s=started_s, supervisor=os.getpid())
        return script

    def _wait_for_reason(self) -> float:
        """Sleep until the script has ended or must be ended. Returns the grace period of the remaining processes."""
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
        """Send a configured stop signal to the main process first, which then ends the others itself."""
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
                self._send("exited", status=status, at_s=time.monotonic(), stopped=self._stopping)
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
        """Wait for every child, also adopted ones, so that none stays a zombie; then for descendants not adopted."""
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
        """Turn the lines from leakgate into events.

        Each line asks for the end (`hurry`: after an interrupt, with at most `GRACE_S`). The end of the stream means
        that leakgate has ended.
        """
        for line in self._control:
            self._events.put(Stop(min(self._grace_s, GRACE_S) if line == b"hurry" else self._grace_s))
        self._events.put(Stop(ORPHANED_GRACE_S, leakgate_gone=True))

    def _send(self, event: str, **details: str | float) -> None:
        with contextlib.suppress(OSError, ValueError):  # leakgate has ended and reads nothing
            self._report.write(json.dumps({"event": event, **details}).encode() + b"\n")
            self._report.flush()


def _lines(source: int) -> Iterator[bytes]:
    """Yield the lines of a pipe until its end. Unbuffered: a thread waiting in a buffered reader breaks the exit."""
    pending = b""
    while chunk := os.read(source, 65_536):
        *lines, pending = (pending + chunk).split(b"\n")
        yield from lines


def _remove(channel: Path, logs: tuple[Path, ...]) -> None:
    """Remove the files that leakgate would have removed. The folders around them are removed only if they are empty."""
    shutil.rmtree(channel, ignore_errors=True)
    folder = logs[0].parent
    with contextlib.suppress(OSError):
        # leakgate's own temporary folder also has the logs of a set-up that has ended.
        for log in (*logs, *(folder.glob("*.log") if folder.name.startswith(LOGS_PREFIX) else ())):
            log.unlink(missing_ok=True)
        folder.rmdir()
    if channel.parent.name.startswith(RUN_PREFIX):
        with contextlib.suppress(OSError):
            channel.parent.rmdir()  # if the process that removes it was killed too


def _report_children() -> bool:
    """Make the kernel report how children ended. Returns whether the parent of leakgate had switched that off."""
    if not hasattr(signal, "SIGCHLD"):
        return False
    return signal.signal(signal.SIGCHLD, signal.SIG_DFL) is signal.SIG_IGN


def main() -> None:
    """Read the order from stdin and carry it out."""
    channel, *logs = map(Path, sys.argv[1:])
    ignores_children = _report_children()
    standby.stay_behind(lambda: _remove(channel, tuple(logs)))
    events: SimpleQueue[Event] = SimpleQueue()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        events.put(Stop(ORPHANED_GRACE_S))

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), on_signal)
    control = _lines(sys.stdin.fileno())
    order = next(control, None)
    gone = order is None  # leakgate ended before it had sent the order
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
