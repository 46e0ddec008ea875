"""Programs that run already and visits of the probe to them, for tests of `leakgate attach`."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from leakgate.measure.attached import AttachedProcess
from leakgate.measure.channel import Channel, open_channel
from leakgate.measure.gdb_entry import GdbInjector
from leakgate.measure.guests import Guests
from leakgate.model.step import ExplainPlan
from leakgate.targets.refusals import NEWEST_BY_GDB, Method, Refused, why_not_inside
from leakgate.targets.running import RunningProcess, look_at_permission, look_at_process
from tests.helpers.real_runs import wait_until
from tests.probe.probe_tools import MEASURED, end_with_coverage, find_interpreters

TARGET = Path(__file__).parents[1] / "scripts" / "attach_target.py"
PATIENCE_S = 240.0
"""A visit starts leakgate, gdb and the probe, which together need some seconds of processor time."""
WINDOWS_S = (2.0, 4.0, 8.0, 16.0)
INTERPRETERS = find_interpreters()
BY_GDB = sorted(
    (version for version in INTERPRETERS if tuple(map(int, version.split("."))) <= NEWEST_BY_GDB),
    key=lambda version: int(version.partition(".")[2]),
)


TOO_OLD = "too old for the processor"
"""Part of the refusal of a gdb that cannot call functions here."""


@cache
def why_no_gdb() -> str:
    """Why gdb cannot be used here; empty where it can."""
    if sys.platform != "linux":
        return "the way in by gdb is for Linux"
    if shutil.which("gdb") is None:
        return "gdb is not installed"
    with running("idle") as target:
        refusal = why_not_inside(target.facts, Method.GDB, look_at_permission(), sys.platform)
        if refusal is not None:
            return refusal.message
        try:
            with open_channel() as channel:
                GdbInjector().wake(target.facts, channel)
        except Refused as refused:
            if TOO_OLD not in str(refused):
                raise
            return TOO_OLD
    return ""


@dataclass
class Target:
    """A program that runs and tells its state."""

    process: "subprocess.Popen[str]"
    mode: str = ""

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def facts(self) -> RunningProcess:
        """What the system says of it."""
        found = look_at_process(self.pid)
        assert found is not None
        return found

    def state(self) -> dict[str, Any]:
        """What it says of itself: modules, threads, descriptors, hooks, blocks."""
        found: dict[str, Any] = json.loads(self.ask("state"))
        return found

    def ask(self, what: str) -> str:
        """Write a line to its stdin, and return the line that it answers."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    @property
    def lives(self) -> bool:
        """Whether it goes on."""
        return self.process.poll() is None


@contextmanager
def running(mode: str, *options: str, python: str = sys.executable, file: Path = TARGET) -> Iterator[Target]:
    """A program at its work."""
    process = subprocess.Popen(
        [python, str(file), mode, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Target(process)
    finally:
        if os.environ.get(MEASURED):
            end_with_coverage(process)
        process.kill()
        process.communicate()


@dataclass
class Visit:
    """The probe is in the program."""

    target: Target
    channel: Channel
    notes: tuple[str, ...]
    left: tuple[str, ...] = ()

    def explain(self, holder: str) -> None:
        """Have everything explained, with a longer window until the container that grows is named."""
        said = ""
        for window_s in WINDOWS_S:
            said = self._explain(window_s)
            if holder in said and "took too long" not in said:
                return
        raise AssertionError(said)

    def _explain(self, window_s: float) -> str:
        plan = ExplainPlan(
            pids=(self.target.pid,), trace=True, native=True, holders=True, resources=True, window_s=window_s
        )
        answer = self.channel.answer(self.target.pid, self.channel.explain(plan, self.target.pid))
        wait_until(answer.exists, PATIENCE_S)
        return answer.read_text(encoding="utf-8")

    @property
    def trouble(self) -> str:
        """What the probe complained about."""
        return "".join(path.read_text(encoding="utf-8") for path in self.channel.folder.glob("error-*"))


@contextmanager
def visiting(target: Target, *, follows_children: bool = False) -> Iterator[Visit]:
    """Bring the probe in by gdb, and take it out again."""
    guests = Guests(target.facts, GdbInjector(), follows_children=follows_children)
    attached = AttachedProcess(psutil.Process(target.pid))
    with open_channel() as channel:
        visit = Visit(target, channel, guests.enter(attached, channel, 0.05))
        try:
            yield visit
        finally:
            visit.left = guests.leave(attached)
        assert visit.trouble == ""
