"""`sys.remote_exec`, by a stand-in: no Python 3.14 is at hand. What runs in the program is the real probe."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from leakgate.measure import remote_entry
from leakgate.measure.attached import AttachedProcess, InsideOrOutside
from leakgate.measure.channel import open_channel
from leakgate.measure.guests import Guests
from leakgate.measure.remote_entry import RemoteInjector
from leakgate.targets.refusals import Refused
from leakgate.targets.running import RunningProcess, look_at_process

FAKE = Path(__file__).parents[1] / "scripts" / "attach_fake_314.py"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in uses a signal")


@pytest.fixture
def fake(tmp_path: Path) -> Path:
    """An interpreter that says it were Python 3.14."""
    path = tmp_path / "python3.14"
    shutil.copy(FAKE, path)
    path.write_text(f"#!{sys.executable}\n{path.read_text()}")
    path.chmod(0o755)
    return path


@pytest.fixture
def program(fake: Path) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, str(FAKE), str(fake)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def facts_of(process: "subprocess.Popen[str]", fake: Path) -> RunningProcess:
    found = look_at_process(process.pid)
    assert found is not None
    assert found.python is not None
    return replace(found, program=fake, python=replace(found.python, version=(3, 14)))


def test_the_probe_goes_in_and_out(program: "subprocess.Popen[str]", fake: Path) -> None:
    assert program.stdin is not None
    assert program.stdout is not None
    guests = Guests(facts_of(program, fake), RemoteInjector(), follows_children=False)
    attached = AttachedProcess(psutil.Process(program.pid))
    with open_channel() as channel:
        guests.enter(attached, channel, 0.05)
        assert (channel.folder / f"gauges-{program.pid}.bin").exists()
        left = guests.leave(attached)
        assert (channel.folder / f"left-{program.pid}.txt").exists()
        assert not list(channel.folder.glob("error-*"))
    assert left[-1].startswith("the probe used")
    program.stdin.write("modules\n")
    program.stdin.flush()
    assert "_leakgate_probe" not in program.stdout.readline()
    assert program.poll() is None


def test_a_program_that_forbids_it_is_watched_from_outside(
    program: "subprocess.Popen[str]", fake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_DISABLED", "1")
    guests = Guests(facts_of(program, fake), RemoteInjector(), follows_children=False)
    attached = AttachedProcess(psutil.Process(program.pid))
    with open_channel() as channel, pytest.raises(Refused, match="not enabled") as caught:
        guests.enter(attached, channel, 0.05)
    assert "PYTHON_DISABLE_REMOTE_DEBUG" in caught.value.hint
    with open_channel() as channel:
        door = InsideOrOutside(Guests(facts_of(program, fake), RemoteInjector(), follows_children=False))
        (note,) = door.enter(attached, channel, 0.05)
        assert "from outside" in note
        assert "not enabled" in note
        door.leave(attached)


def test_a_main_thread_that_runs_nothing_is_told(fake: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(remote_entry, "_WAIT_S", 0.3)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with subprocess.Popen(
        ["/bin/sh", "-c", "trap '' USR1; echo ready; exec sleep 600"], stdout=subprocess.PIPE
    ) as idle:
        assert idle.stdout is not None
        idle.stdout.readline()
        facts = look_at_process(idle.pid)
        assert facts is not None
        with open_channel() as channel, pytest.raises(Refused, match="ran no Python code"):
            RemoteInjector().inject(replace(facts, program=fake), b"", channel)
        idle.kill()
    (script,) = tmp_path.glob("leakgate-arrive-*")  # CPython may still read the file
    exec(script.read_bytes(), {})  # noqa: S102 - as CPython does
    assert not script.exists()


def test_a_program_that_others_can_change_is_not_run(program: "subprocess.Popen[str]", fake: Path) -> None:
    fake.chmod(0o777)
    with open_channel() as channel, pytest.raises(Refused, match="others can change"):
        RemoteInjector().inject(facts_of(program, fake), b"", channel)
