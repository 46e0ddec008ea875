"""Full disks, closed streams, folders that cannot be written, a bug in leakgate: the verdict stays, nothing is lost."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from leakgate.archive.forms.results_form import dump_results
from leakgate.archive.write_session import write_session
from leakgate.model.session_record import Session
from tests.helpers.command_line import COMMAND, environment, leakgate
from tests.helpers.gate_project import write_config
from tests.helpers.real_runs import marked
from tests.helpers.reports import healthy, leaky_python, sample_report

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="/dev/full, ulimit, sh")
CONFIG = """\
version: 1
scripts:
  - {name: broken, path: app/gate_ends.py, args: [1.5, 7], duration: 5s}
  - {name: healthy, path: app/gate_healthy.py, duration: 5s}
"""
QUICK = """\
version: 1
scripts:
  - {name: broken, path: app/gate_ends.py, args: [0, 7]}
"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sessions of a leak and of a healthy script, and results.json of a mixed run."""
    folder = tmp_path_factory.mktemp("reports")
    for result in (leaky_python("leak"), healthy("healthy")):
        write_session(folder, Session(target=result.target, measurement=result.measurement))
    (folder / "results.json").write_text(dump_results(sample_report("mixed")), encoding="utf-8")
    return folder


def shell(folder: Path, line: str) -> "subprocess.CompletedProcess[str]":
    """Run a line of sh in which ``$LEAKGATE`` is the command."""
    return subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=folder,
        env=environment(LEAKGATE=" ".join(COMMAND)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_a_reader_that_leaves_early_does_not_change_the_status(reports: Path) -> None:
    done = shell(reports, "{ $LEAKGATE report results.json --verbose; echo status $? >&2; } | head -1")
    assert done.stdout.startswith("FAIL")
    assert done.stderr == "status 1\n"


@pytest.mark.parametrize(("name", "status"), [("healthy", 0), ("leak", 1)])
def test_streams_that_were_closed_before(reports: Path, name: str, status: int) -> None:
    assert shell(reports, f"$LEAKGATE report {name} >&- 2>&-").returncode == status
    assert shell(reports, f"$LEAKGATE report {name} >&-").stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(("name", "status"), [("healthy", 2), ("leak", 1)])
def test_a_full_disk_under_stdout_is_told_and_hides_no_leak(reports: Path, name: str, status: int) -> None:
    done = shell(reports, f"$LEAKGATE report {name} > /dev/full")
    assert done.returncode == status
    assert done.stderr.startswith("error: stdout cannot be written: ")
    assert shell(reports, f"$LEAKGATE report {name} 2> /dev/full").returncode == (1 if name == "leak" else 0)


@pytest.mark.parametrize(("name", "status"), [("healthy", 2), ("leak", 1)])
def test_a_report_that_cannot_be_written_costs_no_other(reports: Path, tmp_path: Path, name: str, status: int) -> None:
    good = tmp_path / "good.md"
    wrong = reports / "results.json" / "no-folder.json"
    answer = leakgate(reports, "report", name, f"--json={wrong}", f"--markdown={good}")
    assert answer.status == status
    assert "no-folder.json" in answer.stderr
    assert "hint: " in answer.stderr
    assert good.stat().st_size > 0


def test_a_limit_on_files_costs_sessions_and_reports_but_not_the_verdict(tmp_path: Path) -> None:
    write_config(tmp_path, CONFIG)
    line = "ulimit -f 16; exec $LEAKGATE run --jobs=2 --json=results.json --output=sessions"
    done = shell(tmp_path, line)
    assert done.returncode == 3
    assert "exited with status 7" in done.stdout
    assert "flat for" in done.stderr
    assert "healthy: the session cannot be written" in done.stderr
    assert "cannot write results.json" in done.stderr
    assert (tmp_path / "sessions" / "broken" / "session.json").is_file()
    assert not (tmp_path / "sessions" / "healthy").exists()
    assert not (tmp_path / "results.json").exists()
    assert "leakgate has a bug" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounts a small file system")
def test_a_disk_that_is_full(tmp_path: Path) -> None:
    write_config(tmp_path, QUICK)
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(disk)], check=False)
    if mounted.returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        (disk / "filler").write_bytes(b"x" * 4096)
        before = leakgate(tmp_path, "run", "--output=disk/sessions")
        after = leakgate(tmp_path, "run", "--json=disk/results.json", "--markdown=summary.md")
        baseline = leakgate(tmp_path, "baseline", "update", "--baseline=disk/baseline.json")
    finally:
        subprocess.run(["/bin/umount", str(disk)], check=True)
    assert before.status == 2
    assert "No space left on device; nothing was run" in before.stderr
    assert after.status == 2  # tried before anything is measured
    assert "cannot write disk/results.json: No space left on device; nothing was run" in after.stderr
    assert (tmp_path / "summary.md").stat().st_size > 0
    assert baseline.status in (2, 3)
    assert "Traceback" not in before.text + after.text + baseline.text


BUG = """\
import sys
from leakgate import gate
from leakgate.__main__ import main

real = gate.judge_session

def judge(session):
    if session.target.name == "unlucky":
        raise ZeroDivisionError("planted")
    return real(session)

gate.judge_session = judge
sys.argv = ["leakgate", "run", "--json=results.json", "--output=sessions"]
main()
"""


def test_a_bug_in_leakgate_ends_with_4_and_costs_only_its_own_script(tmp_path: Path) -> None:
    write_config(tmp_path, QUICK + "  - {name: unlucky, path: app/gate_ends.py, args: [0, 7]}\n")
    with marked() as mark:
        done = subprocess.run(
            [sys.executable, "-c", BUG],
            cwd=tmp_path,
            env=environment(mark),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 4
    assert "leakgate has a bug: ZeroDivisionError" in done.stderr
    assert "planted" in done.stderr
    assert f"Python {sys.version.split()[0]}" in done.stderr
    assert "exited with status 7" in done.stdout
    assert "not measured: unlucky" in done.stdout
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in results["scripts"]] == ["broken", "unlucky"]
    assert (tmp_path / "sessions" / "broken").is_dir()


def test_a_bug_elsewhere_ends_with_4_too(reports: Path) -> None:
    code = BUG.replace(
        "gate.judge_session = judge", "import leakgate.cli.report_command as replay; replay.load_any = None"
    )
    done = subprocess.run(
        [sys.executable, "-c", code.replace('"run", "--json=results.json", "--output=sessions"', '"report", "leak"')],
        cwd=reports,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (4, "")
    assert "Please report these lines" in done.stderr


INTERRUPTED_WHILE_LOADING = """\
import os, signal, sys

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == "leakgate.cli.help":
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Interrupts())
from leakgate.__main__ import main
sys.argv = ["leakgate", "--version"]
main()
"""


def test_ctrl_c_while_modules_are_loading_shows_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_WHILE_LOADING], capture_output=True, text=True, check=False, timeout=600
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_the_package_itself_loads_nothing() -> None:
    """What it loaded would be a time in which Ctrl-C shows a traceback. `gc` is a part of the interpreter."""
    loads = "import sys; before = set(sys.modules); import leakgate.__main__; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True, timeout=600)
    assert set(done.stdout.split()) <= {"__future__", "gc", "leakgate", "leakgate.__main__"}
