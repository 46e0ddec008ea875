"""Everything around one script: services, set-up, the wait until it is ready, and the load.

They are ended in reverse order.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from leakgate.measure.companion import Companion, StageFailed, ended_with, last_words
from leakgate.measure.free_ports import Listener, is_free, listener_of
from leakgate.measure.launch import RunningScript
from leakgate.measure.load_run import LoadRun
from leakgate.measure.readiness import Readiness
from leakgate.measure.surroundings import Surroundings
from leakgate.model.evidence import FailureReason
from leakgate.model.staging import ReadySpec, ServiceSpec
from leakgate.model.target import TargetSpec
from leakgate.model.units import format_duration
from leakgate.model.work_record import WorkRecord
from leakgate.targets.plan import plan_companion

SETUP_TIMEOUT_S: Final = 600.0
_LOOK_S: Final = 0.05
_SETTING_UP: Final = "setting up"
_SERVICES: Final = "starting services"
_WAITING: Final = "waiting until ready"


class PortTaken(Exception):  # noqa: N818 - not an error: the script is started again with other ports
    """Another process took a port that was chosen for a script."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} was taken by another process")
        self.port = port


class Stage:
    """Everything around one start of a script."""

    def __init__(self, spec: TargetSpec, ports: dict[str, int], logs: Path, surroundings: Surroundings) -> None:
        """``spec`` must have the numbers of its ports filled in."""
        self.spec = spec
        self._ports = ports
        self._logs = logs
        self._interrupt = surroundings.interrupt
        self._phase = surroundings.progress.phase
        self._services: list[Companion] = []
        self._open = ExitStack()
        self._load: LoadRun | None = None
        self.peak_bytes = 0
        """Highest resident memory of the script before it was ready, in bytes."""

    def prepare(self) -> None:
        """Start the services, then run the set-up, which may need them. Raises StageFailed and PortTaken."""
        if self.spec.services:
            self._phase(self.spec, _SERVICES)
        for service in self.spec.services:
            self._start_service(service)
        if self.spec.setup:
            self._phase(self.spec, _SETTING_UP)
            self._set_up()

    def await_ready(self, script: RunningScript, logs: tuple[Path, Path]) -> None:
        """Wait until the script is ready. Raises StageFailed and PortTaken."""
        ready = self.spec.ready
        if ready is None:
            return
        self._phase(self.spec, _WAITING)
        readiness = Readiness(ready, script.tree, logs)

        def look() -> bool:
            self._note_memory(script)
            return readiness.look()

        if self._wait(script, look, ready.timeout_s):
            return
        tail = last_words(*logs)
        after = format_duration(time.monotonic() - script.started)
        if script.ended:
            self._raise_if_taken()
            status = script.exit.status if script.exit is not None else 0
            raise StageFailed(
                f"{ended_with(status)} after {after}, before it was ready: {readiness.missing}",
                hint=_ended_hint(readiness.foreign_port),
                tail=tail,
                reason=FailureReason.CRASHED,
            )
        if readiness.foreign_port:
            raise PortTaken(readiness.foreign_port)
        raise StageFailed(
            f"not ready after {after}: {readiness.missing}",
            hint=_not_ready_hint(ready, readiness.refused_status),
            tail=tail,
            reason=FailureReason.NOT_READY,
        )

    def start_load(self, started_s: float) -> None:
        """Start the load. ``started_s``: the monotonic clock when the watch begins. Raises StageFailed."""
        if self.spec.load is not None:
            self._load = LoadRun(self.spec, self.spec.load, self._logs, started_s)

    @property
    def work(self) -> WorkRecord | None:
        """The requests and answers of the load so far; None without a load of leakgate's own."""
        return None if self._load is None else self._load.record

    def trouble(self) -> StageFailed | None:
        """Return why the watch cannot continue; None while everything around the script runs."""
        if self._load is not None:
            self._load.poll()
            if self._load.failure is not None:
                return self._load.failure
        dead = next((service for service in self._services if service.running.ended), None)
        if dead is None:
            return None
        how = "is gone" if dead.status is None else ended_with(dead.status)
        return StageFailed(
            f"the service {dead.name} {how} while the script was watched",
            hint="read its last output, and run its command by hand: a service must run until leakgate ends it",
            tail=dead.last_words,
        )

    def stop_load(self) -> None:
        """End the load. Call it before the script ends."""
        if self._load is not None:
            self._load.close()

    def close(self) -> None:
        """End everything that still runs: the load, then the services, the last one first."""
        try:
            self.stop_load()
        finally:
            self._open.close()

    def _set_up(self) -> None:
        plan = plan_companion(self.spec, self.spec.setup, self.spec.env)
        with Companion("setup", lambda _folder: plan, self._logs) as setup:
            self._wait(setup.running, lambda: setup.running.ended, SETUP_TIMEOUT_S)
            if setup.status == 0:
                return
            late = f"did not end within {format_duration(SETUP_TIMEOUT_S)}"
            raise StageFailed(
                f"its set-up {late if setup.status is None else ended_with(setup.status)}",
                hint=f"run it by hand in {self.spec.cwd}: {setup.command}",
                tail=setup.last_words,
            )

    def _start_service(self, service: ServiceSpec) -> None:
        name = f"the service {service.name}"
        plan = plan_companion(self.spec, service.command, service.env)
        running = self._open.enter_context(Companion(service.name, lambda _folder: plan, self._logs, service.stop))
        self._services.append(running)
        if service.ready is None:
            return
        readiness = Readiness(service.ready, running.running.tree, running.logs)
        if self._wait(running.running, readiness.look, service.ready.timeout_s):
            return
        if readiness.foreign_port:
            raise PortTaken(readiness.foreign_port)
        self._raise_if_taken()
        status = running.status
        how = ended_with(status) + " before it was ready" if status is not None else "is not ready"
        raise StageFailed(
            f"{name} {how}: {readiness.missing}",
            hint=f"run it by hand in {self.spec.cwd}: {running.command}",
            tail=running.last_words,
        )

    def _wait(self, program: RunningScript, look: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until ``look`` returns True. Returns False if the program ends or the time is over first.

        Raises StageFailed if the run is interrupted.
        """
        until_s = time.monotonic() + timeout_s
        while not look():
            if self._interrupt.stop.is_set():
                raise StageFailed(
                    "not measured: the run was interrupted before it was ready", reason=FailureReason.TOO_SHORT
                )
            if program.ended or time.monotonic() > until_s:
                return False
            time.sleep(_LOOK_S)
        return True

    def _raise_if_taken(self) -> None:
        """Raise PortTaken if another process has taken one of the chosen ports, which were free before."""
        ours = [pid for service in self._services for pid in service.running.tree()]
        for port in self._ports.values():
            if not is_free(port) and listener_of(port, ours) is not Listener.OWN:
                raise PortTaken(port)

    def _note_memory(self, script: RunningScript) -> None:
        total = 0
        for pid in script.tree():
            try:
                total += psutil.Process(pid).memory_info().rss
            except psutil.Error:
                continue
        self.peak_bytes = max(self.peak_bytes, total)


@dataclass(frozen=True, slots=True)
class StagedScript:
    """A script with everything around it: the subject of a watch."""

    script: RunningScript
    stage: Stage
    started: float
    """The monotonic clock when the script was ready. The watch counts its seconds from here."""

    @property
    def pid(self) -> int:
        """PID of the main process."""
        return self.script.pid

    @property
    def born(self) -> float:
        """The monotonic clock when its main process was started."""
        return self.script.started

    @property
    def earlier_peak_bytes(self) -> int:
        """Highest resident memory before it was ready, in bytes; 0 if it was watched from its start."""
        return self.stage.peak_bytes

    @property
    def work(self) -> WorkRecord | None:
        """The requests and answers of the load so far; None without a load of leakgate's own."""
        return self.stage.work

    @property
    def ended(self) -> bool:
        """Whether the script has ended, or something around it has failed."""
        return self.script.ended or self.stage.trouble() is not None

    def tree(self) -> list[int]:
        """Return the PIDs of the script's living processes."""
        return self.script.tree()

    def remember(self, found: list[psutil.Process]) -> None:
        """Remember processes of the tree, to end them if the supervisor is killed."""
        self.script.remember(found)


def _ended_hint(foreign_port: int) -> str:
    if foreign_port:
        return f"end the process that has port {foreign_port}, or write {{port}}: then leakgate chooses a free port"
    return "read its last output; leakgate starts the command as written, without a shell"


def _not_ready_hint(ready: ReadySpec, refused_status: int) -> str:
    if refused_status:
        return (
            "let `ready: {url: ...}` name a path that answers with status 2xx or 3xx, such as that of a health check, "
            "or allow more time: `ready: {timeout: 1m}`"
        )
    if ready.output:
        return "Python buffers its output when that is not a terminal: set PYTHONUNBUFFERED: 1 under `env`"
    return "let it listen on 127.0.0.1 and the port {port}, or allow more time: `ready: {timeout: 1m}`"
