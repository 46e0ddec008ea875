"""Nothing survives leakgate: it is killed in every phase, its supervisor is killed, its pacing rules raise."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from leakgate.model.evidence import FailureReason, TrialFailed, TrialOk
from leakgate.model.step import Step
from tests.helpers import measuring_process
from tests.helpers.outside import PatientPacer, is_probed, never
from tests.helpers.real_runs import MARK, living_with, marked, spec_of, try_script, wait_until, wait_until_gone

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="finds processes in /proc; orphans are adopted on Linux"
)
PROJECT = Path(measuring_process.__file__).parent.parent.parent


def start_measuring(folder: Path, phase: str, mark: str) -> "subprocess.Popen[str]":
    measuring = subprocess.Popen(
        [sys.executable, "-m", measuring_process.__name__, str(folder), phase],
        cwd=PROJECT,
        env={**os.environ, MARK: mark, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert measuring.stdout is not None
    while measuring.stdout.readline().strip() not in (phase, ""):
        pass
    return measuring


def is_supervisor(process: psutil.Process) -> bool:
    """Whether a process is a living child of the tests. A zombie of an earlier test does not count."""
    try:
        return "leakgate.measure.supervisor" in process.cmdline()
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("phase", ["starting", "watching", "reading", "explaining", "stopping"])
def test_kill_9_leaves_no_process_and_no_folder(tmp_path: Path, phase: str) -> None:
    with marked() as mark:
        measuring = start_measuring(tmp_path, phase, mark)
        if phase == "explaining":
            time.sleep(0.5)
        measuring.kill()
        measuring.communicate()
        assert wait_until_gone(mark) == []
    assert phase == "starting" or list(tmp_path.glob("leakgate-*")) == []
    assert phase == "starting" or not (tmp_path / "logs").exists()


@pytest.mark.parametrize("phase", ["watching", "explaining", "stopping"])
@pytest.mark.parametrize("victim", ["supervisor", "standby"])
def test_kill_9_of_leakgate_and_a_process_that_guards_leaves_nothing(tmp_path: Path, phase: str, victim: str) -> None:
    with marked() as mark:
        measuring = start_measuring(tmp_path, phase, mark)
        (standby,) = psutil.Process(measuring.pid).children()
        (supervisor,) = standby.children()
        doomed = supervisor if victim == "supervisor" else standby
        for process in (psutil.Process(measuring.pid), doomed):
            process.kill()
        measuring.communicate()
        assert wait_until_gone(mark) == []
    assert list(tmp_path.glob("leakgate-*")) == []
    assert not (tmp_path / "logs").exists()


def test_leakgate_that_is_killed_long_after_its_supervisor_leaves_no_folder(tmp_path: Path) -> None:
    with marked() as mark:
        measuring = start_measuring(tmp_path, "watching", mark)
        (standby,) = psutil.Process(measuring.pid).children()
        (supervisor,) = standby.children()
        measuring.send_signal(signal.SIGSTOP)  # it does not notice what happens to its supervisor
        supervisor.kill()
        wait_until(lambda: sorted(living_with(mark)) == sorted((measuring.pid, standby.pid)))
        measuring.kill()
        measuring.communicate()
        assert wait_until_gone(mark) == []
    assert list(tmp_path.glob("leakgate-*")) == []


def test_a_program_ends_as_usual_where_the_signal_of_its_children_is_ignored(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        trial = try_script(spec_of("target_brief.py", tmp_path, "2.0"), tmp_path, pacer=PatientPacer(never))
    finally:
        signal.signal(signal.SIGCHLD, before)
    assert isinstance(trial, TrialOk)
    assert trial.ending.exit_code == 0


def test_kill_9_before_the_script_is_started_leaves_no_folder(tmp_path: Path) -> None:
    with marked() as mark:
        measuring = start_measuring(tmp_path, "starting", mark)
        ours = psutil.Process(measuring.pid)
        while not any(map(is_supervisor, ours.children())):
            time.sleep(0.001)
        measuring.kill()
        measuring.communicate()
        assert wait_until_gone(mark) == []
    assert list(tmp_path.glob("leakgate-*")) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_that_nobody_expects_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    with marked() as mark:
        measuring = start_measuring(tmp_path, "reading", mark)
        wait_until(lambda: len(living_with(mark)) >= 6)  # leakgate, standby, supervisor, script, child, daemon
        measuring.send_signal(number)
        measuring.communicate()
        assert wait_until_gone(mark) == []


def test_a_killed_supervisor_is_noticed_and_its_family_ended(tmp_path: Path) -> None:
    killed: list[int] = []

    def kills_supervisor(so_far: TrialOk) -> bool:
        if is_probed(so_far, processes=3) and not killed:
            for standby in filter(is_supervisor, psutil.Process().children()):
                (supervisor,) = standby.children()
                supervisor.kill()
                killed.append(supervisor.pid)
        return False

    trial = try_script(spec_of("target_family.py", tmp_path), tmp_path, pacer=PatientPacer(kills_supervisor))
    assert len(killed) == 1
    assert isinstance(trial, TrialFailed)
    assert trial.reason is FailureReason.KILLED
    assert "supervisor was killed" in trial.message


def test_a_supervisor_that_is_told_to_end_ends_the_script_first(tmp_path: Path) -> None:
    with marked() as mark:
        measuring = start_measuring(tmp_path, "reading", mark)
        (supervisor,) = psutil.Process(measuring.pid).children()
        supervisor.terminate()
        measuring.communicate()
        assert measuring.returncode == 0
        assert wait_until_gone(mark) == []


def test_an_exception_of_our_own_leaves_no_process(tmp_path: Path) -> None:
    class Broken(PatientPacer):
        def next_step(self, so_far: TrialOk) -> Step:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        try_script(spec_of("target_family.py", tmp_path), tmp_path, pacer=Broken())


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or not Path("/usr/bin/unshare").exists(),
    reason="only root may hide /proc from a process",
)
def test_without_proc_the_error_says_so(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text("import time\ntime.sleep(60)\n", encoding="utf-8")
    command = f"umount -l /proc && exec {sys.executable} -m leakgate monitor --duration 3s work.py"
    done = subprocess.run(
        ["/usr/bin/unshare", "--mount", "sh", "-c", command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if "unshare" in done.stderr or "umount" in done.stderr:
        pytest.skip("this machine does not let mounts be hidden")
    assert "/proc is missing" in done.stdout + done.stderr
    assert "killed" not in done.stdout + done.stderr
