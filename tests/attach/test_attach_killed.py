"""`leakgate attach` and `kill -9`, of leakgate and of the program, in every phase; ten at once."""

import os
import shlex
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

from leakgate.measure.attach_folder import has_left
from leakgate.measure.channel import Opcode
from tests.attach.visits import PATIENCE_S, Target, running, visiting, why_no_gdb
from tests.helpers.command_line import start
from tests.helpers.real_runs import wait_until

SAME = ("modules", "names", "threads", "descriptors", "profile", "hooks")
OWN_THREADS = 2
"""Of a busy program: the main thread, and the one that answers."""


@pytest.fixture(scope="module", autouse=True)
def gdb() -> None:
    reason = why_no_gdb()
    if reason:
        pytest.skip(reason)


@pytest.fixture
def target() -> Iterator[Target]:
    with running("busy", "keep") as found:
        found.state()
        yield found


class Attached:
    """A `leakgate attach` that runs, with a temporary folder of its own."""

    def __init__(self, folder: Path, pid: int, *options: str) -> None:
        self.folder = folder
        self.stderr = folder / "stderr.txt"
        (folder / "tmp").mkdir()
        self.began = folder / "began"
        self.process = start(
            folder, "attach", str(pid), "--method", "gdb", "--interval", "0.5", *options,
            TMPDIR=str(folder / "tmp"), PATH=f"{_announcing_gdb(folder, self.began)}:{os.environ['PATH']}",
        )  # fmt: skip
        assert self.process.stderr is not None
        self._said = b""

    def read_until(self, words: str) -> None:
        """Wait until it says this."""
        assert self.process.stderr is not None
        while words.encode() not in self._said:
            line = self.process.stderr.readline()
            assert line, self._said
            self._said += line

    def debuggers(self) -> list[psutil.Process]:
        """The gdb that it has started and that still runs."""
        return [one for one in psutil.Process(self.process.pid).children() if _is_gdb(one)]

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def end(self) -> tuple[int, str]:
        """Its status and all that it said."""
        stdout, stderr = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, (stdout + self._said + stderr).decode()

    @property
    def channel(self) -> Path:
        """The folder between it and the probe."""
        (commands,) = (self.folder / "tmp").glob("*/*/commands.bin")
        return commands.parent

    def stand_still(self) -> None:
        """Stop it, so that it notices nothing of what happens from now on."""
        self.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: psutil.Process(self.process.pid).status() == psutil.STATUS_STOPPED, PATIENCE_S)

    def left_files(self) -> list[Path]:
        """What is left in its temporary folder."""
        return list((self.folder / "tmp").iterdir())


def _is_gdb(process: psutil.Process) -> bool:
    try:
        return "gdb" in process.name()
    except psutil.NoSuchProcess:
        return False


def _announcing_gdb(folder: Path, began: Path) -> Path:
    """A folder with a gdb that makes a file before it begins."""
    found = shutil.which("gdb")
    assert found is not None
    place = folder / "bin"
    place.mkdir()
    script = place / "gdb"
    script.write_text(f'#!/bin/sh\n: > {shlex.quote(str(began))}\nexec {shlex.quote(found)} "$@"\n')
    script.chmod(0o755)
    return place


def entering(attached: Attached) -> None:
    wait_until(lambda: attached.began.exists() or attached.process.poll() is not None, PATIENCE_S)
    assert attached.process.poll() is None, attached.end()


def watching(attached: Attached) -> None:
    attached.read_until("RSS")


def explaining(attached: Attached) -> None:
    attached.read_until("looking closer")


def leaving(attached: Attached) -> None:
    attached.read_until("RSS")
    commands = attached.channel / "commands.bin"
    attached.process.send_signal(signal.SIGINT)
    wait_until(lambda: attached.process.poll() is not None or _last_opcode(commands) == Opcode.LEAVE, PATIENCE_S)


def _command(opcode: Opcode) -> bytes:
    return struct.pack("<IIIIdQ", 99, opcode, 0, 0, 0.0, 0)


def _last_opcode(commands: Path) -> int:
    try:
        return int.from_bytes(commands.read_bytes()[4:8], "little")
    except FileNotFoundError:
        return 0


PHASES = (entering, watching, explaining)
LONG, BRIEF = ("--duration", "10m"), ("--duration", "4s", "--trace", "always")
"""For a watch that does not end before it is killed, and for one that looks closer soon whatever it has seen."""


@pytest.mark.parametrize("phase", [*PHASES, leaving])
def test_when_leakgate_is_killed_the_probe_leaves_by_itself(
    tmp_path: Path, target: Target, phase: Callable[[Attached], None]
) -> None:
    with visiting(target) as visit:
        visit.explain("KEPT")  # loads the modules in C, which stay
    wait_until(lambda: target.state()["threads"] == OWN_THREADS, PATIENCE_S)
    before = target.state()
    attached = Attached(tmp_path, target.pid, *(BRIEF if phase is explaining else LONG))
    phase(attached)
    debuggers = attached.debuggers() if attached.process.poll() is None else []
    attached.kill()
    psutil.wait_procs(debuggers, timeout=PATIENCE_S)
    wait_until(lambda: same(target.state()) == same(before), PATIENCE_S)
    wait_until(lambda: not attached.left_files(), PATIENCE_S)
    assert target.lives
    done = target.state()["done"]
    wait_until(lambda: target.state()["done"] > done)


def same(state: dict[str, Any]) -> dict[str, Any]:
    return {name: state[name] for name in SAME}


def test_no_file_stays_when_leakgate_is_killed_after_the_probe_has_left(tmp_path: Path, target: Target) -> None:
    attached = Attached(tmp_path, target.pid, *LONG)
    watching(attached)
    channel = attached.channel
    attached.stand_still()
    (channel / "commands.bin").write_bytes(_command(Opcode.LEAVE))
    wait_until(lambda: has_left(channel, target.pid), PATIENCE_S)
    attached.kill()
    wait_until(lambda: not attached.left_files(), PATIENCE_S)
    assert target.lives


def test_no_file_stays_when_the_program_and_leakgate_are_killed(tmp_path: Path, target: Target) -> None:
    attached = Attached(tmp_path, target.pid, *LONG)
    watching(attached)
    attached.stand_still()
    target.process.kill()
    target.process.wait()
    attached.kill()
    wait_until(lambda: not attached.left_files(), PATIENCE_S)


@pytest.mark.parametrize("phase", [*PHASES, leaving])
def test_when_the_program_is_killed_leakgate_says_so(
    tmp_path: Path, target: Target, phase: Callable[[Attached], None]
) -> None:
    attached = Attached(tmp_path, target.pid, *(BRIEF if phase is explaining else LONG))
    phase(attached)
    target.process.kill()
    target.process.wait()
    status, said = attached.end()
    if phase in (explaining, leaving):  # the watch was over: its verdict stands
        assert status in (0, 1, 3)
    else:
        assert status in (1, 3)  # growth that was seen to go on until the end is a leak
        assert "ended" in said or status == 1
    assert "Traceback" not in said
    assert not attached.left_files()


def test_ctrl_c_ends_the_watch_and_takes_the_probe_out(tmp_path: Path, target: Target) -> None:
    attached = Attached(tmp_path, target.pid, "--duration", "0")
    attached.read_until("RSS")
    attached.process.send_signal(signal.SIGINT)
    status, said = attached.end()
    assert status in (0, 1) or "interrupted" in said, said
    assert "Traceback" not in said
    assert not attached.left_files()
    wait_until(lambda: target.state()["threads"] == OWN_THREADS)  # the system removes a thread a moment later
    assert target.lives


def test_ten_processes_at_once(tmp_path: Path) -> None:
    with ExitStack() as stack:
        modes = ("busy", "busy", "threaded", "idle", "asynchronous") * 2
        targets = [stack.enter_context(running(mode)) for mode in modes]
        runs = []
        for number, target in enumerate(targets):
            folder = tmp_path / str(number)
            folder.mkdir()
            runs.append(Attached(folder, target.pid, "--duration", "2s"))
        for attached in runs:
            status, said = attached.end()
            assert status in (0, 1, 3), said
            assert "Traceback" not in said
            assert not attached.left_files()
        for target in targets:
            assert target.lives
            assert not any(name.startswith("_leakgate") for name in target.state()["modules"])


def test_a_second_visit_at_the_same_time_is_refused(tmp_path: Path, target: Target) -> None:
    attached = Attached(tmp_path, target.pid, "--duration", "0")
    attached.read_until("RSS")
    second = subprocess.run(
        [sys.executable, "-m", "leakgate", "attach", str(target.pid), "--method", "gdb"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 3
    assert "another leakgate" in second.stderr
    attached.process.send_signal(signal.SIGTERM)
    attached.end()
    assert target.lives
