"""Starts scripts with and without the probe, under every available interpreter, and reads the files of the probe."""

import functools
import json
import os
import select
import shutil
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import leakgate
from tests.helpers.answer_rows import read_rows

ENTRY = Path(leakgate.__file__).parent / "probe" / "__main__.py"
SETTLED, TRACING, EXPLAINING, LAST = 1, 2, 4, 8
COLLECT, EXPLAIN = 1, 2
TRACE, NATIVE, HOLDERS, RESOURCES = 1, 2, 4, 8
"""What an explanation is asked for."""
PATIENCE_S = 120.0
MOST_WINDOWS = 5
"""The last window is 16 times as long as the first: enough for a machine that gives a program an eighth of its time."""
MEASURED = "LEAKGATE_COVERED_PYTHON"
"""The interpreter under which the coverage of the probe is measured, where it is."""
ABSENT = -1
"""The value in a record for a counter that does not work here."""


FOUND = "TEST_INTERPRETERS"
"""The result of `find_interpreters`, for the workers of pytest-xdist."""


@functools.cache
def find_interpreters() -> dict[str, str]:
    """Version to path of each CPython that leakgate can measure; only the one of `make coverage-probe` in that."""
    if FOUND in os.environ:
        known: dict[str, str] = json.loads(os.environ[FOUND])
        return known
    only = os.environ.get(MEASURED)
    if only:
        major, minor = version_of(only)
        return {f"{major}.{minor}": only}
    candidates = [shutil.which(f"python3.{minor}") for minor in range(9, 15)]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates += [str(path) for path in sorted(pyenv.glob("3.*/bin/python"))]
    candidates.append(shutil.which("python3"))
    found: dict[str, str] = {}
    for path in filter(None, candidates):
        question = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"
        asked = subprocess.run([path, "-c", question], capture_output=True, text=True, check=False)
        version, _, executable = asked.stdout.strip().partition(" ")
        if asked.returncode == 0 and version and tuple(map(int, version.split("."))) >= (3, 9):
            found.setdefault(version, executable)  # which may be another: version managers put scripts on PATH
    os.environ[FOUND] = json.dumps(found)
    return found


def version_of(python: str) -> tuple[int, int]:
    """Major and minor version of an interpreter."""
    question = "import sys; print(*sys.version_info[:2])"
    major, minor = subprocess.run([python, "-c", question], capture_output=True, text=True, check=True).stdout.split()
    return int(major), int(minor)


@dataclass(frozen=True)
class Record:
    """One reading."""

    at_s: float
    blocks: int
    native: int
    tasks: int
    collections: int
    calls: int
    flags: int
    seq: int
    cost_s: float
    pause_s: float


@dataclass
class Run:
    """A script under the probe."""

    process: subprocess.Popen[str]
    channel: Path
    _seq: int = field(default=0)

    @property
    def pid(self) -> int:
        return self.process.pid

    def records(self, pid: int | None = None) -> list[Record]:
        """The readings of a process so far."""
        path = self.channel / f"gauges-{pid or self.pid}.bin"
        data = path.read_bytes() if path.exists() else b""
        size = struct.calcsize("<dqqqqqIIdd")
        return [Record(*struct.unpack_from("<dqqqqqIIdd", data, at)) for at in range(32, len(data) - size + 1, size)]

    def pids(self) -> set[int]:
        """The processes that have a file of readings."""
        headers = [path.read_bytes()[:32] for path in self.channel.glob("gauges-*.bin")]
        return {struct.unpack("<8sIIdQ", header)[2] for header in headers if len(header) == 32}

    def command(self, opcode: int, bits: int = 0, pid: int = 0, seconds: float = 0.0, blocks_per_s: int = 0) -> int:
        """Write a command, and return its sequence number."""
        self._seq += 1
        path = self.channel / "commands.bin"
        path.touch()
        with path.open("r+b", buffering=0) as file:
            file.write(struct.pack("<IIIIdQ", self._seq, opcode, bits, pid, seconds, blocks_per_s))
        return self._seq

    def explain(self, bits: int, seconds: float, pid: int = 0, blocks_per_s: int = 0) -> list[dict[str, Any]]:
        """Ask for an explanation and wait for it."""
        seq = self.command(EXPLAIN, bits, pid, seconds, blocks_per_s)
        path = self.channel / f"explain-{pid or self.pid}-{seq}.jsonl"
        wait_for(lambda: path.exists() or self.process.poll() is not None)
        assert path.exists(), self.last_words()
        return read_rows(path)

    def explain_until(
        self, enough: Callable[[list[dict[str, Any]]], object], bits: int, seconds: float
    ) -> list[dict[str, Any]]:
        """Ask for an explanation with a longer window each time until one is enough, and return that one.

        A busy machine may let the program do too little in a window. This is for facts that a look shows as soon as
        the program has worked enough; what a look must never show is for the caller to check.
        """
        rows: list[dict[str, Any]] = []
        for _ in range(MOST_WINDOWS):
            rows = self.explain(bits, seconds)
            if enough(rows):
                return rows
            assert self.process.poll() is None, self.last_words()
            seconds *= 2
        raise AssertionError(rows)

    def last_words(self) -> str:
        """Return the stderr of a program that has ended."""
        return self.process.communicate(timeout=PATIENCE_S)[1]

    def wait_for_its_work(self) -> None:
        """Wait until the program has imported what it needs, says so, and has worked for a moment."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "began\n", self.last_words()
        count = len(self.records())
        wait_for(lambda: len(self.records()) > count + 10 or self.process.poll() is not None)

    def told(self) -> bool:
        """Whether the program has written output that was not read yet. Use it only before the first `readline`."""
        assert self.process.stdout is not None
        return bool(select.select([self.process.stdout], [], [], 0)[0])

    def errors(self) -> str:
        """The errors that the probes reported."""
        return "".join(path.read_text(encoding="utf-8") for path in self.channel.glob("error-*.txt"))


def until_read(channel: Path, processes: int) -> str:
    """Python code that waits until so many processes have a file with a reading."""
    return (
        f"import os, time; channel = {str(channel)!r}\n"
        "while sum(name.startswith('gauges-') and os.path.getsize(channel + '/' + name) > 32"
        f" for name in os.listdir(channel)) < {processes}: time.sleep(.01)"
    )


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until a condition is true; fail after a long time."""
    give_up = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < give_up, "nothing happened"
        time.sleep(0.01)


@contextmanager
def probed(python: str, script: Path, channel: Path, *args: str, interval_s: float = 0.02) -> Iterator[Run]:
    """Run a script under the probe; it is killed at the end of the block."""
    channel.mkdir(mode=0o700, exist_ok=True)
    process = subprocess.Popen(
        [python, str(ENTRY), str(channel), str(interval_s), str(script), *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Run(process, channel)
    finally:
        if os.environ.get(MEASURED):
            end_with_coverage(process)
        process.kill()
        process.communicate()


def end_with_coverage(process: subprocess.Popen[str]) -> None:
    """Let a program write what was covered."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
