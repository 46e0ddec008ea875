"""Starts a script under its supervisor, and controls both until no process of the script is alive."""

import contextlib
import json
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

import psutil

from leakgate.errors import MeasureError
from leakgate.measure import processes
from leakgate.measure.output import read_tail
from leakgate.measure.own_process import start_own_process
from leakgate.measure.standby import REMOVES_FILES
from leakgate.measure.supervisor import KILLING_S
from leakgate.model.staging import DEFAULT_STOP, StopSpec
from leakgate.targets.process_plan import ProcessPlan

_START_TIMEOUT_S: Final = 30.0
_GONE_TIMEOUT_S: Final = KILLING_S + 5.0
_SUPERVISOR_END_S: Final = 1.0
_LONGEST_LINE: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """How the main process ended."""

    status: int
    """Exit status; negative: the number of the signal."""
    at: float
    """``time.monotonic()`` of the end."""
    stopped: bool
    """Whether leakgate had asked the script to end."""


class StartFailed(Exception):  # noqa: N818 - not an error of leakgate: the script's own
    """The operating system refused to start the script. The message is its reason."""


class RunningScript:
    """A script and its supervisor. As a context manager, it ends when no process of the script is alive."""

    def __init__(
        self,
        plan: ProcessPlan,
        *,
        channel: Path,
        stdout: Path,
        stderr: Path,
        stop: StopSpec = DEFAULT_STOP,
        interrupted: threading.Event | None = None,
    ) -> None:
        """Start. Raises StartFailed if the script cannot be started, MeasureError if the supervisor cannot.

        ``interrupted``: once it is set, the script gets at most two seconds to end, whatever ``stop`` allows.
        """
        self._interrupted = interrupted
        self._gone_timeout_s = stop.timeout_s + _GONE_TIMEOUT_S
        self.pid = 0
        self.started = 0.0
        """``time.monotonic()`` just before the script was started."""
        self.exit: Exit | None = None
        """How the main process ended; None while it runs."""
        self.leftovers = 0
        """Number of processes that were alive after the main process had ended by itself."""
        self._refusal: str | None = None
        self._known = threading.Event()
        self._done = threading.Event()
        if not processes.are_visible():
            raise MeasureError(
                "the processes of this machine cannot be seen: /proc is missing or cannot be read",
                hint="mount /proc for leakgate; a container has it unless it is masked",
            )
        self._trouble = channel / "supervisor.log"
        with self._trouble.open("wb") as trouble:
            self._process = _start_supervisor((channel, stdout, stderr), trouble)
        self._family = processes.Family(self._process.pid)
        self._supervisor_pid = self._process.pid
        """PID of the parent of the main process. The process that leakgate started may be the parent of this one."""
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()
        order = {"argv": plan.argv, "env": dict(plan.env), "cwd": str(plan.cwd), "keeps_stdin": plan.keeps_stdin}
        self._send(json.dumps({**order, "signal": stop.signal, "grace_s": stop.timeout_s}).encode())
        self._wait_for_start()

    def tree(self) -> list[int]:
        """Return the PIDs of the script's processes: all descendants of the supervisor, without the supervisor."""
        return processes.descendants(self._supervisor_pid)

    @property
    def ended(self) -> bool:
        """Whether the main process or the supervisor has ended."""
        return self.exit is not None or self.lost

    @property
    def lost(self) -> bool:
        """Whether the supervisor ended before the script did. That happens only if it was killed."""
        return self._done.is_set() and self.exit is None

    @property
    def trouble(self) -> str:
        """The supervisor's message about an error of its own; empty if there was none."""
        return read_tail(self._trouble)

    def remember(self, found: list[psutil.Process]) -> None:
        """Remember processes of the tree, to end them if the supervisor is killed."""
        self._family.add(found)

    def ask_to_stop(self) -> None:
        """Ask the supervisor to end the script: stop signal, grace period, SIGKILL. Returns at once."""
        self._send(b"hurry" if self._interrupted is not None and self._interrupted.is_set() else b"stop")

    def wait_gone(self) -> None:
        """Wait until no process of the script is alive. Kills processes that the supervisor could not end."""
        self._done.wait(self._gone_timeout_s)
        self._send(REMOVES_FILES)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_SUPERVISOR_END_S)
        if self._process.poll() is None:
            self._family.look()
            self._process.kill()
            self._process.wait()
        self._family.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all remaining processes and release the supervisor."""
        try:
            if not self._done.is_set():
                self.ask_to_stop()
            self.wait_gone()
        finally:
            with contextlib.suppress(OSError):
                _stream(self._process.stdin).close()  # the end of this pipe makes the supervisor end all processes
            self._reader.join(1.0)
            if not self._reader.is_alive():
                _stream(self._process.stdout).close()

    def _wait_for_start(self) -> None:
        try:
            answered = self._known.wait(_START_TIMEOUT_S)
        except BaseException:  # also for Ctrl-C: no caller has this object yet, so no caller could close it
            self.close()
            raise
        if self._refusal is not None:
            self.close()
            raise StartFailed(self._refusal)
        if not answered or not self.pid:
            self.close()
            reason = read_tail(self._trouble) or f"no answer within {_START_TIMEOUT_S:.0f} s"
            raise MeasureError(
                f"leakgate could not start the supervisor of a script: {reason}",
                hint="the supervisor belongs to leakgate, not to the script; check the free memory of the machine",
            )

    def _send(self, line: bytes) -> None:
        with contextlib.suppress(OSError, ValueError):  # `_listen` notices that a supervisor has ended
            stream = _stream(self._process.stdin)
            stream.write(line + b"\n")
            stream.flush()

    def _listen(self) -> None:
        reports = _stream(self._process.stdout)
        while line := reports.readline(_LONGEST_LINE):
            with contextlib.suppress(ValueError, KeyError):
                self._take(json.loads(line))
        self._known.set()
        self._done.set()

    def _take(self, report: dict[str, Any]) -> None:
        match report["event"]:
            case "started":
                self.pid, self.started = report["pid"], report["at_s"]
                self._supervisor_pid = report["supervisor"]
                self._known.set()
            case "failed":
                self._refusal = report["error"]
                self._known.set()
            case "exited":
                self.exit = Exit(status=report["status"], at=report["at_s"], stopped=report["stopped"])
            case "done":
                self.leftovers = 0 if self.exit is None or self.exit.stopped else report["leftovers"]
                self._done.set()


def _start_supervisor(arguments: tuple[Path, ...], trouble: IO[bytes]) -> "subprocess.Popen[bytes]":
    """Start the supervisor. Raises MeasureError if that fails."""
    try:
        return start_own_process("leakgate.measure.supervisor", *arguments, stderr=trouble)
    except OSError as error:
        raise MeasureError(f"leakgate could not start the supervisor of a script: {error}") from error


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise AssertionError("the supervisor was started with pipes")
    return stream
