"""The probe as a guest of a running program: it arrives as a debugger brings it, works, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leakgate.probe import wire

PROBE = Path(wire.__file__).parent
PATIENCE_S = 120.0
PROGRAM = """\
import _thread, atexit, os, sys, threading, time

arrive, channel, follows = sys.argv[1:]
kept = []


def come():
    space = {"__name__": "_leakgate_probe.arrive"}
    with open(arrive) as file:
        exec(compile(file.read(), arrive, "exec"), space)
    space["arrive"](channel, 0.02, follows == "yes")


def works():
    while not os.path.exists(channel + ".stop"):
        kept.append(bytearray(1_000))
        time.sleep(0.002)


_thread.start_new_thread(come, ())
works()
print(sorted(name for name in sys.modules if "leakgate_probe" in name), sys.getprofile(), threading.active_count())
"""

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")


def wait_for(condition: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


class Visit:
    """A program, and the channel of a leakgate that visits it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.channel = folder / "leakgate-channel"
        self.channel.mkdir()
        os.mkfifo(self.channel / "alive")
        self.alive = os.open(self.channel / "alive", os.O_RDWR)
        self.process: subprocess.Popen[str] | None = None

    def begin(self, *, follows: bool = False, arrive: Path = PROBE / "arrive.py") -> None:
        program = self.folder / "program.py"
        program.write_text(PROGRAM)
        self.process = subprocess.Popen(
            [sys.executable, str(program), str(arrive), str(self.channel), "yes" if follows else "no"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def files(self, pattern: str) -> list[Path]:
        return sorted(self.channel.glob(pattern)) if self.channel.exists() else []

    def give(self, seq: int, opcode: int, bits: int = 0, seconds: float = 0.0) -> None:
        with Path(self.channel, "commands.bin").open("wb", buffering=0) as file:
            file.write(wire.COMMAND.pack(seq, opcode, bits, 0, seconds, 0))

    def leave(self) -> None:
        if self.alive >= 0:
            os.close(self.alive)
        self.alive = -1

    def end(self) -> tuple[str, str]:
        """Let the program end, and return what it said."""
        assert self.process is not None
        Path(str(self.channel) + ".stop").touch()
        out, errors = self.process.communicate(timeout=PATIENCE_S)
        assert self.process.returncode == 0, errors
        return out, errors


@pytest.fixture
def visit(tmp_path: Path) -> Iterator[Visit]:
    made = Visit(tmp_path)
    yield made
    made.leave()
    if made.process is not None and made.process.poll() is None:
        made.process.kill()
        made.process.communicate()


NOTHING_LEFT = "[] None 1\n"


def test_a_guest_that_is_asked_to_leave_leaves_nothing_behind(visit: Visit) -> None:
    visit.begin(follows=True)
    wait_for(lambda: visit.files("gauges-*.bin"))
    visit.give(1, wire.EXPLAIN, bits=15, seconds=0.3)
    wait_for(lambda: visit.files("explain-*.jsonl"))
    visit.give(2, wire.LEAVE)
    wait_for(lambda: visit.files("left-*.txt"))
    assert visit.files("error-*.txt") == []
    assert visit.end() == (NOTHING_LEFT, "")


def test_a_guest_leaves_and_removes_its_folder_when_leakgate_has_ended(visit: Visit) -> None:
    visit.begin()
    wait_for(lambda: visit.files("gauges-*.bin"))
    (visit.channel / "probe").mkdir()
    (visit.channel / "probe" / "sampler.py").touch()
    time.sleep(0.1)
    visit.leave()
    wait_for(lambda: not visit.channel.exists())
    assert visit.end() == (NOTHING_LEFT, "")


def test_a_probe_that_cannot_be_loaded_says_so_and_the_program_goes_on(visit: Visit, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(PROBE / "arrive.py", copy)
    visit.begin(arrive=copy / "arrive.py")
    wait_for(lambda: visit.files("error-*.txt"))
    (error,) = visit.files("error-*.txt")
    wait_for(error.read_text)
    assert error.read_text().startswith("arriving: FileNotFoundError")
    assert visit.end()[1] == ""


def test_a_leakgate_that_has_ended_before_brings_no_probe(visit: Visit) -> None:
    (visit.channel / "alive").unlink()
    visit.begin()
    assert visit.end() == (NOTHING_LEFT, "")
    assert visit.files("gauges-*.bin") == []


def test_a_program_that_ends_during_the_visit_writes_its_last_reading(visit: Visit) -> None:
    visit.begin()
    wait_for(lambda: visit.files("gauges-*.bin"))
    out, errors = visit.end()
    assert (out.count("\n"), errors) == (1, "")
