"""Modules, clocks and files that a program replaces do not affect the probe, and the probe does not affect them."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.probe.probe_tools import PATIENCE_S, TRACING, Run, probed, wait_for

EVERYTHING = 1 | 4 | 8

_NAMES = ("struct", "random", "json", "operator", "opcode", "array", "fcntl", "functools", "types", "weakref", "stat")
"""Modules of the standard library that programs have files named after."""
_FILLS = """
import time
KEPT = []
number = 0
while True:
    number += 1
    KEPT.append([number, str(number)])
    time.sleep(0.002)
"""


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def _explain(run: Run) -> None:
    """Ask for explanations until the growing container is named."""
    answer = run.explain_until(lambda rows: any(row.get("path") == "__main__.KEPT" for row in rows), EVERYTHING, 1.0)
    assert answer[-1]["kind"] == "end"


@pytest.mark.parametrize("place", ["beside", "on the path"])
def test_modules_of_the_program_are_not_hidden(
    python: str, tmp_path: Path, channel: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    # What the interpreter itself needs to start cannot be named so on PYTHONPATH.
    names = _NAMES if place == "beside" else _NAMES[:7]
    for name in names:
        _write(own / f"{name}.py", "MINE = 1\n")
    folder = own if place == "beside" else tmp_path
    if place == "on the path":
        monkeypatch.setenv("PYTHONPATH", str(own))
    imports = f"""
import builtins, sys
already = {{"stat"}} | set({sorted(names)!r}) & set(sys.modules)
def check():
    for name in {names!r}:
        if name not in already:
            assert __import__(name).MINE == 1, name
check()
"""
    body = _FILLS.replace("    time.sleep", "    check()\n    time.sleep")
    script = _write(folder / "main.py", imports + body)
    with probed(python, script, channel) as run:
        wait_for(lambda: len(run.records()) > 3)
        _explain(run)
        assert run.process.poll() is None, run.process.communicate()[1]
        assert run.errors() == ""


def test_the_same_modules_are_there_with_and_without_the_probe(python: str, tmp_path: Path, channel: Path) -> None:
    script = _write(
        tmp_path / "main.py",
        f"import sys\nprint(sorted(set(sys.modules) & set({_NAMES!r})))\n",
    )
    with probed(python, script, channel) as run:
        with_probe, _ = run.process.communicate(timeout=PATIENCE_S)

    assert with_probe == subprocess.run([python, str(script)], capture_output=True, text=True, check=True).stdout


_STOP_THE_CLOCK = """
import sys, time
real = {getattr(time, name): name for name in ("time", "monotonic", "perf_counter") }
stopped = {name: (lambda at=getattr(time, name)(): at) for name in real.values()}
for module in list(sys.modules.values()):
    for name in dir(module):
        value = getattr(module, name, None)
        if type(value) is type(time.time) and value in real:
            setattr(module, name, stopped[real[value]])
assert time.monotonic() == time.monotonic()
"""
"""As freezegun does."""


def test_a_stopped_clock_does_not_stop_the_readings(python: str, tmp_path: Path, channel: Path) -> None:
    with probed(python, _write(tmp_path / "main.py", _STOP_THE_CLOCK + _FILLS), channel) as run:
        wait_for(lambda: len(run.records()) > 5)
        _explain(run)
        times = [record.at_s for record in run.records()]
        assert sorted(set(times)) == times
        assert run.errors() == ""


_NO_FILES = """
import builtins, io, os, sys, time
class Fake(type(os)):
    def __getattr__(self, name):
        raise AssertionError("the program's own os: " + name)
def refuse(*arguments, **options):
    raise FileNotFoundError("no such file in memory")
fake = Fake("os")
for name in ("open", "listdir", "stat", "fstat", "lstat", "replace", "readlink", "write", "read", "lseek", "getpid"):
    setattr(os, name, refuse)
builtins.open = io.open = refuse
real = os
for module in list(sys.modules.values()):
    for name, value in list(vars(module).items()):
        if value is real and module.__name__ not in ("__main__", "sys"):
            setattr(module, name, fake)
"""
"""Like pyfakefs, and worse: no function of `os` works."""


def test_files_in_memory_do_not_stop_the_readings(python: str, tmp_path: Path, channel: Path) -> None:
    with probed(python, _write(tmp_path / "main.py", _NO_FILES + _FILLS), channel) as run:
        wait_for(lambda: len(run.records()) > 5)
        before = len(run.records())
        _explain(run)
        wait_for(lambda: len(run.records()) > before)
        assert run.errors() == ""


_REFUSES = """
import sys
def refuse(event, arguments):
    if event.startswith(("open", "os.", "ctypes.", "gc.", "sys._")):
        raise PermissionError(event)
sys.addaudithook(refuse)
"""


def test_an_audit_hook_that_refuses_does_not_stop_the_readings(python: str, tmp_path: Path, channel: Path) -> None:
    channel.mkdir(mode=0o700)
    (channel / "commands.bin").touch()  # as leakgate does before it starts a script
    with probed(python, _write(tmp_path / "main.py", _REFUSES + _FILLS), channel) as run:
        wait_for(lambda: len(run.records()) > 5)
        seq = run.command(1)
        wait_for(lambda: any(record.seq == seq for record in run.records()))
        assert run.process.poll() is None


def test_readings_go_on_in_a_folder_that_is_gone(python: str, tmp_path: Path, channel: Path) -> None:
    script = _write(tmp_path / "main.py", _FILLS)
    with probed(python, script, channel) as run:
        wait_for(lambda: len(run.records()) > 2)
        path = channel / f"gauges-{run.pid}.bin"
        with path.open("rb") as held:
            path.unlink()
            size = os.fstat(held.fileno()).st_size
            wait_for(lambda: os.fstat(held.fileno()).st_size > size)


def test_descriptors_that_the_program_closes_are_opened_again(python: str, tmp_path: Path, channel: Path) -> None:
    script = _write(tmp_path / "main.py", "import os\nos.closerange(3, 5000)\n" + _FILLS)
    with probed(python, script, channel) as run:
        wait_for(lambda: len(run.records()) > 5)
        _explain(run)
        assert not any(record.flags & TRACING for record in run.records()[:3])
