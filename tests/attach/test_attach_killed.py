"""`leakgate attach` and `kill -9`, of leakgate and of the program, in every phase; ten at once."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from leakgate.measure.channel import Opcode
from tests.attach.visits import PATIENCE_S, Target, running, why_no_gdb
from tests.helpers.command_line import start
from tests.helpers.real_runs import wait_until

SAME = ("modules", "names", "threads", "descriptors", "profile", "hooks")


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
        self.process = start(
            folder, "attach", str(pid), "--method", "gdb", "--interval", "0.5", *options, TMPDIR=str(folder / "tmp")
        )
        assert self.process.stderr is not None
        self._said = b""

    def read_until(self, words: str) -> None:
        """Wait until it says this."""
        assert self.process.stderr is not None
        while words.encode() not in self._said:
            line = self.process.stderr.readline()
            assert line, self._said
            self._said += line

    @property
    def gdbs(self) -> list[psutil.Process]:
        """The debuggers that it has started."""
        return [one for one in psutil.Process(self.process.pid).children() if one.name() == "gdb"]

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def end(self) -> tuple[int, str]:
        """Its status and all that it said."""
        stdout, stderr = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, (stdout + self._said + stderr).decode()

    def channels(self) -> list[Path]:
        """Folders of channels that are left."""
        return [path.parent for path in (self.folder / "tmp").glob("*/commands.bin")]


def entering(attached: Attached) -> None:
    while not attached.gdbs:
        assert attached.process.poll() is None
        time.sleep(0.005)


def watching(attached: Attached) -> None:
    attached.read_until("RSS")


def explaining(attached: Attached) -> None:
    attached.read_until("looking closer")


def leaving(attached: Attached) -> None:
    attached.read_until("RSS")
    attached.process.send_signal(signal.SIGINT)
    (commands,) = (attached.folder / "tmp").glob("*/commands.bin")
    wait_until(lambda: attached.process.poll() is not None or _last_opcode(commands) == Opcode.LEAVE)


def _last_opcode(commands: Path) -> int:
    try:
        return int.from_bytes(commands.read_bytes()[4:8], "little")
    except FileNotFoundError:
        return 0


PHASES = (entering, watching, explaining)


@pytest.mark.parametrize("phase", [*PHASES, leaving])
def test_when_leakgate_is_killed_the_probe_leaves_by_itself(
    tmp_path: Path, target: Target, phase: Callable[[Attached], None]
) -> None:
    with_probe = Attached(tmp_path, target.pid, "--duration", "6s")  # loads the modules in C once
    status, said = with_probe.end()
    assert status in (0, 1), said  # on a busy machine, 6 s may be too short for a verdict
    before = target.state()
    (tmp_path / "second").mkdir()
    attached = Attached(tmp_path / "second", target.pid, "--duration", "60s")
    phase(attached)
    debuggers = attached.gdbs
    attached.kill()
    psutil.wait_procs(debuggers, timeout=PATIENCE_S)
    wait_until(lambda: all(target.state()[name] == before[name] for name in SAME))
    if phase is not leaving:  # a probe that left when it was asked leaves the folder to leakgate, which was killed
        wait_until(lambda: not attached.channels())
    assert target.lives
    done = target.state()["done"]
    wait_until(lambda: target.state()["done"] > done)


@pytest.mark.parametrize("phase", PHASES)
def test_when_the_program_is_killed_leakgate_says_so(
    tmp_path: Path, target: Target, phase: Callable[[Attached], None]
) -> None:
    attached = Attached(tmp_path, target.pid, "--duration", "60s")
    phase(attached)
    target.process.kill()
    target.process.wait()
    status, said = attached.end()
    assert status in (1, 3)  # growth that was seen to go on until the end is a leak
    assert "ended" in said or status == 1
    assert "Traceback" not in said
    assert not attached.channels()


def test_ctrl_c_ends_the_watch_and_takes_the_probe_out(tmp_path: Path, target: Target) -> None:
    attached = Attached(tmp_path, target.pid, "--duration", "0")
    attached.read_until("RSS")
    attached.process.send_signal(signal.SIGINT)
    status, said = attached.end()
    assert status in (0, 1) or "interrupted" in said, said
    assert "Traceback" not in said
    assert not attached.channels()
    assert target.state()["threads"] == 2
    assert target.lives


def test_ten_processes_at_once(tmp_path: Path) -> None:
    with running("busy") as one, running("busy") as two, running("threaded") as three, running("idle") as four:
        five = [running("asynchronous") for _ in range(6)]
        targets = [one, two, three, four, *(opened.__enter__() for opened in five)]
        try:
            runs = []
            for number, target in enumerate(targets):
                folder = tmp_path / str(number)
                folder.mkdir()
                runs.append(Attached(folder, target.pid, "--duration", "4s"))
            for attached in runs:
                status, said = attached.end()
                assert status in (0, 1, 3), said
                assert "Traceback" not in said
                assert not attached.channels()
            for target in targets:
                assert target.lives
                assert not any(name.startswith("_leakgate") for name in target.state()["modules"])
        finally:
            for opened in five:
                opened.__exit__(None, None, None)


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
