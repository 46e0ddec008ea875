"""The ways to run and compare a looped workload: alone, under leakgate, under each other tool."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from bench.runs.loops import Progress, plain_environment, read_progress
from bench.runs.workloads import Workload

PLAIN: Final = "plain"
LEAKGATE: Final = "leakgate"
_STOP_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The circumstances of a run; the same for both runs of a pair."""

    seconds: float
    batch: int
    cpu: int | None = None
    interval: str = ""
    """leakgate's `interval`; empty: its default."""


Build = Callable[[Workload, Path], tuple[list[str], dict[str, str]]]
"""Returns the command and additional environment variables."""


def _plain(workload: Workload, folder: Path) -> tuple[list[str], dict[str, str]]:
    del folder
    return [str(workload.python), str(workload.script), *workload.args], {}


def _tracemalloc(frames: int) -> Build:
    def build(workload: Workload, folder: Path) -> tuple[list[str], dict[str, str]]:
        command, _ = _plain(workload, folder)
        return command, {"PYTHONTRACEMALLOC": str(frames)}

    return build


def _memray(*options: str) -> Build:
    def build(workload: Workload, folder: Path) -> tuple[list[str], dict[str, str]]:
        capture = str(folder / "capture.bin")
        own = [str(workload.python), "-m", "memray", "run", "--quiet", *options, "--output", capture]
        return [*own, str(workload.script), *workload.args], {}

    return build


def _mprof(workload: Workload, folder: Path) -> tuple[list[str], dict[str, str]]:
    mprof = [str(workload.python.parent / "mprof"), "run", "--output", str(folder / "mprof.dat")]
    return [*mprof, str(workload.python), str(workload.script), *workload.args], {}


PEERS: Final[dict[str, Build]] = {
    "tracemalloc 1 frame": _tracemalloc(1),
    "tracemalloc 25 frames": _tracemalloc(25),
    "memray": _memray(),
    "memray, Python allocators": _memray("--trace-python-allocators"),
    "mprof": _mprof,
}
"""Each as its documentation describes for finding leaks; plain tracemalloc is only enabled, without a snapshot."""


def children_cpu_s() -> float:
    """Return the processor time of all children that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def end_on_sigterm() -> None:
    """Let SIGTERM end a bench like Ctrl-C does, so that no workload continues without it."""

    def leave(number: int, frame: object) -> None:
        del number, frame
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, leave)


def listen_to_interrupts() -> None:
    """Receive SIGINT also if the caller ignores it, as a shell does for background commands.

    Child processes inherit ignored signals, and leakgate keeps SIGINT ignored: the bench could not interrupt it.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class Running:
    """A workload that runs in one way until the block is left."""

    def __init__(self, arm: str, workload: Workload, setting: Setting, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self.stats = folder / "stats"
        env = workload.env(self.stats, setting.batch, setting.cpu)
        if arm == LEAKGATE:
            command = self._leakgate(workload, setting, env)
        else:
            command, further = ({PLAIN: _plain} | PEERS)[arm](workload, folder)
            env.update(further)
        with (folder / "stderr").open("wb") as errors:
            self._process = subprocess.Popen(
                command,
                env=plain_environment() if arm == LEAKGATE else {**plain_environment(), **env},
                cwd=folder,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._process.poll() is not None

    @property
    def progress(self) -> list[Progress]:
        """The lines that the workload has written so far."""
        return read_progress(self.stats)

    @property
    def trouble(self) -> str:
        """The last line of its stderr."""
        said = (self._folder / "stderr").read_text("utf-8", "replace").strip().splitlines()
        return said[-1] if said else ""

    def result(self) -> dict[str, Any] | None:
        """Return leakgate's result of the script; None if it has not ended."""
        out = self._folder / "results.json"
        if not out.exists():
            return None
        script: dict[str, Any] = json.loads(out.read_text("utf-8"))["scripts"][0]
        return script

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._signal(signal.SIGINT if (self._folder / "leakgate.yaml").exists() else signal.SIGTERM)
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole session, because in some ways the workload is a child process."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, number)

    def _leakgate(self, workload: Workload, setting: Setting, env: dict[str, str]) -> list[str]:
        script: dict[str, Any] = {
            "name": workload.name,
            "path": str(workload.script),
            "args": list(workload.args),
            "env": env,
            "python": str(workload.python),
            "duration": setting.seconds,
        }
        if setting.interval:
            script["interval"] = setting.interval
        config = self._folder / "leakgate.yaml"
        config.write_text(json.dumps({"version": 1, "scripts": [script]}), "utf-8")  # JSON is YAML
        out = str(self._folder / "results.json")
        return [
            *(sys.executable, "-m", "leakgate", "run", "--quiet", "--no-baseline"),
            *("-c", str(config), "--json", out),
        ]
