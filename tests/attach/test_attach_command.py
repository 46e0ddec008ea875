"""`leakgate attach` as a user types it: verdicts, places, the words of refusals, the suggested entry."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from leakgate.cli.attach_command import door_for
from leakgate.measure.attached import AttachedProcess
from leakgate.measure.channel import open_channel
from leakgate.targets.refusals import Method
from tests.attach.visits import BY_GDB, INTERPRETERS, PATIENCE_S, Target, running, why_no_gdb
from tests.helpers.command_line import leakgate

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the program reads /proc or is sent signals")


@pytest.fixture
def leaking() -> Iterator[Target]:
    with running("busy", "keep") as target:
        yield target


def test_from_outside_growth_is_seen_and_what_is_not_seen_is_said(tmp_path: Path, leaking: Target) -> None:
    answer = leakgate(tmp_path, "attach", str(leaking.pid), "--method", "outside", "--duration", "40s", "--suggest")
    assert answer.status == 1, answer.text
    assert "resident memory grows" in answer.stdout
    assert "watched from outside" in answer.stderr
    assert "only resident memory, descriptors" in answer.stderr
    assert "scripts:\n  - name: attach_target\n" in answer.stdout
    assert leaking.lives


def test_a_visit_that_ctrl_c_ends_early_does_not_pass(tmp_path: Path) -> None:
    with running("idle") as target:
        words = ["attach", str(target.pid), "--method", "outside", "--duration", "600s", "--interval", "1s"]
        visit = subprocess.Popen(
            [sys.executable, "-m", "leakgate", *words], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip
        assert visit.stdout is not None
        text = ""
        while text.count("RSS ") < 4 and (line := visit.stdout.readline()):
            text += line
        visit.send_signal(signal.SIGINT)
        text += visit.communicate(timeout=PATIENCE_S)[0]
        assert visit.returncode == 130, text
        assert "inconclusive" in text
        assert "INTERRUPTED" in text
        assert target.lives


@pytest.mark.parametrize("version", [BY_GDB[0], BY_GDB[-1]] if BY_GDB else [])
def test_by_gdb_the_line_and_the_holder_are_named(tmp_path: Path, version: str) -> None:
    reason = why_no_gdb()
    if reason:
        pytest.skip(reason)
    with running("threaded", "keep", python=INTERPRETERS[version]) as target:
        answer = leakgate(
            tmp_path, "attach", str(target.pid), "--method", "gdb", "--duration", "40s", "--json", "r.json",
            "--output", "sessions",
        )  # fmt: skip
        assert answer.status == 1, answer.text
        (result,) = json.loads((tmp_path / "r.json").read_text())["scripts"]
        assert result["verdict"] == "leak"
        leak = result["leaks"][0]
        assert (Path(leak["file"]).name, leak["function"]) == ("attach_target.py", "work")
        assert "KEPT" in json.dumps(leak)
        assert target.lives
    again = leakgate(tmp_path, "report", "sessions")
    assert again.status == 1, again.text
    assert "attach_target.py" in again.stdout


def test_the_workers_of_a_master_are_followed(tmp_path: Path) -> None:
    reason = why_no_gdb()
    if reason:
        pytest.skip(reason)
    with running("prefork", "keep") as target:
        answer = leakgate(
            tmp_path, "attach", str(target.pid), "--method", "gdb", "--children", "--duration", "40s",
            "--json", "r.json",
        )  # fmt: skip
        assert answer.status == 1, answer.text
        (result,) = json.loads((tmp_path / "r.json").read_text())["scripts"]
        assert {leak["function"] for leak in result["leaks"]} == {"work"}, result["leaks"]
        assert target.lives


def test_a_healthy_process_is_ok(tmp_path: Path) -> None:
    reason = why_no_gdb()
    if reason:
        pytest.skip(reason)
    with running("asynchronous") as target:
        answer = leakgate(tmp_path, "attach", str(target.pid), "--method", "gdb", "--duration", "20s")
        assert answer.status == 0, answer.text
        assert f"gdb held process {target.pid} for" in answer.stderr
        assert "the probe used" in answer.stderr
        assert target.lives


def test_wrong_processes_are_errors_of_the_user(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    answer = leakgate(tmp_path, "attach", str(gone.pid))
    assert answer.status == 2
    assert f"there is no process {gone.pid}" in answer.stderr
    answer = leakgate(tmp_path, "attach", str(os.getpid()))
    assert answer.status == 2
    assert "measure itself" in answer.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="gdb is for Linux")
def test_what_is_not_python_has_no_inside(tmp_path: Path) -> None:
    with subprocess.Popen(["/bin/sleep", "600"]) as sleeping:
        answer = leakgate(tmp_path, "attach", str(sleeping.pid), "--method", "gdb")
        assert answer.status == 3
        assert "is not Python" in answer.stderr
        assert "--method outside" in answer.stderr
        sleeping.kill()


def test_auto_says_that_gdb_could_look_inside() -> None:
    reason = why_no_gdb()
    if reason or sys.version_info >= (3, 14):
        pytest.skip(reason or "this interpreter has a way in of its own")
    with running("idle") as target, open_channel() as channel:
        attached = AttachedProcess(psutil.Process(target.pid))
        (note,) = door_for(target.facts, Method.AUTO, follows_children=False).enter(attached, channel, 0.1)
        assert f"`leakgate attach {target.pid} --method gdb` looks inside" in note
        contained = replace(target.facts, elsewhere=("its own files",))
        (note,) = door_for(contained, Method.AUTO, follows_children=False).enter(attached, channel, 0.1)
        assert "gdb" not in note


def test_auto_never_uses_gdb(tmp_path: Path) -> None:
    if sys.version_info >= (3, 14):
        pytest.skip("this interpreter has a way in of its own")
    with running("idle") as target:
        answer = leakgate(tmp_path, "attach", str(target.pid), "--duration", "3s", PATH=str(tmp_path))
        assert "3.14" in answer.stderr
        assert answer.status in (0, 3)
        assert target.lives
