"""leakgate is interrupted, terminated and killed in every phase of a run: no process is left, and no finished result is
lost.
"""

import json
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.helpers.command_line import start
from tests.helpers.gate_project import write_config
from tests.helpers.real_runs import SCRIPTS, living_with, marked, wait_until, wait_until_gone

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals, and processes found in /proc")
CONFIG = """\
version: 1
scripts:
  - {name: finished, path: app/gate_ends.py, args: [1, 7]}
  - {name: running, path: app/gate_python_leak.py, duration: 60s}
  - {name: waiting, path: app/gate_healthy.py, duration: 60s}
"""
EXPLAINED = """\
version: 1
scripts:
  - name: running
    path: app/target_phases.py
    args: [.]
    duration: 8s
    warmup: 1s
    expect: leak
    trace: always
    stop: {timeout: 600s}
"""
FAMILY = """\
version: 1
scripts:
  - {name: running, path: family.py, duration: 60s}
"""


def wait_for(running: "subprocess.Popen[bytes]", line: str) -> None:
    """Read leakgate's output until a line contains these words."""
    assert running.stderr is not None
    while line.encode() not in (said := running.stderr.readline()):
        assert said, f"ended before it said {line!r}"


def end(running: "subprocess.Popen[bytes]", number: signal.Signals) -> tuple[str, str]:
    running.send_signal(number)
    stdout, stderr = running.communicate(timeout=240)
    return stdout.decode(), stderr.decode()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_was_finished_is_reported_and_kept(tmp_path: Path, number: signal.Signals) -> None:
    write_config(tmp_path, CONFIG)
    with marked() as mark:
        running = start(tmp_path, "run", "--json=results.json", "--output=sessions", mark=mark)
        wait_for(running, "running: watching")
        threading.Event().wait(1.5)
        stdout, stderr = end(running, number)
    assert running.returncode == 130
    assert "INTERRUPTED" in stdout
    assert "not measured: waiting" in stdout
    assert "exited with status 7" in stdout
    assert "Traceback" not in stderr
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert (results["interrupted"], results["exit_code"], results["verdict"]) == (True, 130, "error")
    assert results["scripts"][0]["verdict"] == "error"
    assert [one["name"] for one in results["scripts"]] == ["finished", "running", "waiting"]
    assert results["scripts"][2]["reason"] == "not measured: the run was interrupted first"
    assert (tmp_path / "sessions" / "finished" / "session.json").is_file()


def test_kill_9_while_a_script_runs_keeps_the_sessions_of_the_others(tmp_path: Path) -> None:
    write_config(tmp_path, CONFIG)
    with marked() as mark:
        running = start(tmp_path, "run", "--output=sessions", mark=mark)
        wait_for(running, "running: watching")
        while len(living_with(mark)) < 3:  # leakgate, supervisor, script
            threading.Event().wait(0.05)
        end(running, signal.SIGKILL)
        assert wait_until_gone(mark) == []
    again = start(tmp_path, "report", "sessions")
    assert "exited with status 7" in again.communicate(timeout=240)[0].decode()
    assert again.returncode == 3


def test_kill_9_at_the_start_leaves_no_process(tmp_path: Path) -> None:
    write_config(tmp_path, CONFIG)
    with marked() as mark:
        running = start(tmp_path, "run", "--jobs=3", mark=mark)
        wait_for(running, "finished: watching")
        end(running, signal.SIGKILL)
        assert wait_until_gone(mark) == []


def test_an_interrupt_while_allocations_are_traced(tmp_path: Path) -> None:
    """`test_targets_staged.py` has the same with SIGKILL."""
    write_config(tmp_path, EXPLAINED)
    shutil.copy(SCRIPTS / "target_phases.py", tmp_path / "app")
    with marked() as mark:
        running = start(tmp_path, "run", "--json=results.json", mark=mark)
        wait_until((tmp_path / "in-explaining").exists)
        end(running, signal.SIGINT)
        assert wait_until_gone(mark) == []
    assert running.returncode == 130


def test_a_family_that_does_not_want_to_die(tmp_path: Path) -> None:
    write_config(tmp_path, FAMILY)
    shutil.copy(SCRIPTS / "target_family.py", tmp_path / "family.py")
    with marked() as mark:
        running = start(tmp_path, "run", mark=mark)
        wait_until(lambda: len(living_with(mark)) >= 6)  # leakgate, standby, supervisor, script, child, daemon
        end(running, signal.SIGTERM)
    assert running.returncode == 130


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_before_anything_runs_ends_with_130(tmp_path: Path, number: signal.Signals) -> None:
    write_config(tmp_path, CONFIG)
    slow = tmp_path / "python"
    slow.write_text("#!/bin/sh\nexec sleep 600\n", encoding="utf-8")
    slow.chmod(0o755)
    with marked() as mark:
        running = start(tmp_path, "run", f"--python={slow}", mark=mark)
        while len(living_with(mark)) < 2:
            threading.Event().wait(0.001)  # so that it comes while the process is being started
        _, stderr = end(running, number)
        assert wait_until_gone(mark) == []
    assert (running.returncode, stderr) == (130, "interrupted\n")
