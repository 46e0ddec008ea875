"""`leakgate attach` and processes that it cannot enter: real ones, as the system shows them."""

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from leakgate.targets.refusals import Method, Refused, why_not_inside
from leakgate.targets.running import Permission, RunningProcess, look_at_process
from tests.attach.visits import PATIENCE_S, TOO_OLD, running, why_no_gdb
from tests.helpers.command_line import leakgate
from tests.helpers.real_runs import wait_until

PTRACE_SEIZE = 0x4206
"""From `linux/ptrace.h`: debug a process without stopping it."""
SLEEPING = "import time; time.sleep(600)"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the probe enters a process by gdb on Linux only")


def facts(pid: int) -> RunningProcess:
    found = look_at_process(pid)
    assert found is not None
    return found


def refusal(process: RunningProcess) -> Refused:
    """Why gdb cannot enter it, on a system that allows debugging."""
    found = why_not_inside(process, Method.GDB, Permission(), sys.platform)
    assert found is not None
    return found


def test_a_process_that_is_being_debugged(tmp_path: Path) -> None:
    with running("idle") as target:
        if ctypes.CDLL(None).ptrace(PTRACE_SEIZE, target.pid, 0, 0) != 0:
            pytest.skip("this system does not let a program debug its child")
        assert f"PID {os.getpid()}" in refusal(facts(target.pid)).message
        if shutil.which("gdb") is not None:
            answer = leakgate(tmp_path, "attach", str(target.pid), "--method", "gdb")
            assert answer.status == 3, answer.text
            assert "is being debugged by" in answer.stderr
        assert target.lives


def test_a_gdb_that_is_too_old_for_the_processor(tmp_path: Path) -> None:
    """The real gdb where it is too old here. Elsewhere a stand-in prints what gdb 13 prints on a processor with AMX."""
    extra = {}
    if TOO_OLD not in why_no_gdb():
        old_gdb = tmp_path / "bin" / "gdb"
        old_gdb.parent.mkdir()
        old_gdb.write_text('#!/bin/sh\necho "Couldn\'t write extended state status: Bad address."\nexit 1\n', "ascii")
        old_gdb.chmod(0o755)
        extra["PATH"] = f"{old_gdb.parent}{os.pathsep}{os.environ['PATH']}"
    with running("idle") as target:
        before = target.state()
        answer = leakgate(tmp_path, "attach", str(target.pid), "--method", "gdb", **extra)
        assert answer.status == 3, answer.text
        assert TOO_OLD in answer.text
        assert target.state()["threads"] == before["threads"]
        assert target.lives  # the main thread waits in `select`, which fails where gdb has lost its registers


@contextmanager
def apart(*options: str) -> Iterator[psutil.Process]:
    """A Python program that does not share everything with this process."""
    command = shutil.which("unshare")
    if command is None:
        pytest.skip("unshare is not installed")
    with subprocess.Popen(
        [command, *options, sys.executable, "-c", SLEEPING], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as started:
        found = psutil.Process(started.pid)
        try:
            wait_until(lambda: started.poll() is not None or SLEEPING in _words(found), PATIENCE_S)
            if started.poll() is not None:
                pytest.skip("this system does not allow namespaces")
            yield found
        finally:
            started.kill()


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()[:3] if "unshare" not in process.name() else []
    except psutil.Error:
        return []


def test_a_process_in_another_container(tmp_path: Path) -> None:
    with apart("--user") as process:
        assert "its own users" in facts(process.pid).elsewhere
        assert "another container" in refusal(facts(process.pid)).message
        if shutil.which("gdb") is not None:
            answer = leakgate(tmp_path, "attach", str(process.pid), "--method", "gdb")
            assert answer.status == 3, answer.text
            assert "another container" in answer.stderr
        assert process.is_running()


def test_a_process_that_has_ended_but_was_not_reaped(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        wait_until(lambda: psutil.Process(ended.pid).status() == psutil.STATUS_ZOMBIE, PATIENCE_S)
        answer = leakgate(tmp_path, "attach", str(ended.pid))
        assert answer.status == 2, answer.text
        assert f"there is no process {ended.pid}" in answer.stderr
