"""A job is cancelled, or runs out of time, at every moment: results, a report, and no process left."""

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from leakgate.archive.forms.results_form import dump_results
from tests.action import step
from tests.action.fake_github import FakeGithub
from tests.action.recipe_events import PULL_REQUEST
from tests.helpers.real_runs import MARK, PATIENCE_S, living_with, marked, wait_until_gone
from tests.helpers.reports import sample_report

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals, and processes found in /proc")

SCRIPTS = {
    "brief": "raise SystemExit(7)\n",
    "leaking": "import time\nkept = []\nwhile True:\n    kept.append(bytes(20_000))\n    time.sleep(0.02)\n",
    "stubborn": (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = 'import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)'\n"
        "subprocess.Popen([sys.executable, '-c', child], start_new_session=True)\n"
        "time.sleep(600)\n"
    ),
    "waiting": "import time\ntime.sleep(600)\n",
}
MOMENTS = [
    ("brief", "waiting", "", 0.0),
    ("brief", "waiting", "", 0.3),
    ("brief", "waiting", "", 1.2),
    ("brief", "waiting", "brief: watching", 0.0),
    ("brief", "waiting", "error  brief", 0.0),
    ("waiting", "brief", "waiting: watching", 0.0),
    ("waiting", "brief", "waiting: watching", 2.0),
    ("stubborn", "brief", "stubborn: watching", 1.5),
    ("leaking", "brief", "leaking: watching", 5.0),
]
"""The script that runs, one that has not begun, and when to cancel: the seconds after a line of the log."""


def prepared(tmp_path: Path, *names: str) -> tuple[step.Files, dict[str, str]]:
    files = step.Files(folder=tmp_path)
    env = files.environment()
    for name in names:
        (files.workspace / f"{name}.py").write_text(SCRIPTS[name], "utf-8")
    scripts = [{"name": name, "path": f"{name}.py"} for name in names]
    config = {"version": 1, "defaults": {"duration": "120s"}, "scripts": scripts}
    (files.workspace / "leakgate.yaml").write_text(json.dumps(config), "utf-8")
    return files, env


def wait_for(process: "subprocess.Popen[bytes]", line: str, after_s: float) -> bytes:
    said = b""
    assert process.stdout is not None
    while line and line.encode() not in said:
        said += (more := process.stdout.readline())
        assert more, said.decode()
    threading.Event().wait(after_s)
    return said


def report_on(files: step.Files, measured: dict[str, str]) -> str:
    """Run the step that reports on the results of the other, and return the job summary."""
    log = step.report(files, measured, {}, LEAKGATE_MEASURED="cancelled", LEAKGATE_COMMENT="never")
    assert "has a bug" not in log
    return files.command_file("GITHUB_STEP_SUMMARY").read_text("utf-8")


@pytest.mark.parametrize(("running", "left", "line", "after_s"), MOMENTS)
def test_cancelled_job_leaves_results_and_a_report_and_no_process(
    tmp_path: Path, running: str, left: str, line: str, after_s: float
) -> None:
    files, env = prepared(tmp_path, running, left)
    # Without a line, the signal may come before the modules are loaded: only the start of the step can handle it then.
    python = {"LEAKGATE_OWN_PYTHON": step.patient_python(tmp_path)} if line else {}
    with marked() as mark:
        process = step.start("measure", files, env | step.variables_of("measure") | python | {MARK: mark})
        said = wait_for(process, line, after_s)
        status, rest = step.cancel(process)
        assert wait_until_gone(mark) == []
    log = (said + rest).decode()
    assert status != -signal.SIGKILL, log
    # On a busy machine the signal may come while Python itself starts, before the first line of the step.
    assert "Traceback" not in log or (not line and "KeyboardInterrupt" in log), log
    measured = files.outputs() if status == 0 else {}
    if line:  # After leakgate itself has printed a line, there are always results.
        results = json.loads(Path(measured["json"]).read_text("utf-8"))
        assert (measured["exit-code"], results["interrupted"]) == ("130", True)
        assert [one["name"] for one in results["scripts"]] == [running, left]
    summary = report_on(files, measured)
    assert "interrupted" in summary or "nothing was measured" in summary
    if line:
        assert left in summary
        assert "not measured" in summary
    assert files.outputs()["verdict"] == "error"


INSTALLS = """\
#!/bin/sh
sleep 600 &
echo "installing"
sleep 600
"""
"""Replaces a Python whose pip waits for a slow package index."""


def test_cancelled_while_leakgate_is_installed(tmp_path: Path) -> None:
    files = step.Files(folder=tmp_path)
    env = files.environment(LEAKGATE_WHEELS=str(tmp_path / "wheels"))
    slow = tmp_path / "slow-python"
    slow.write_text(INSTALLS, "utf-8")
    slow.chmod(0o755)
    with FakeGithub() as github, marked() as mark:
        process = step.start("install", files, env | {"LEAKGATE_BASE_PYTHON": str(slow), MARK: mark})
        said = wait_for(process, "installing", 0.0)
        status, rest = step.cancel(process)
        assert status == 130, (said + rest).decode()
        assert wait_until_gone(mark) == []

        github.add_comment("<!-- leakgate:v1 key=leakgate.yaml run=400.1 -->\nAll green.")
        variables = step.variables_of(
            "unready",
            LEAKGATE_BASE_PYTHON=sys.executable,
            LEAKGATE_SETUP="success",
            LEAKGATE_INSTALL="cancelled",
            LEAKGATE_GITHUB_TOKEN=github.token,
        )
        job = step.job_of(files, PULL_REQUEST, github.api_url) | {"GITHUB_EVENT_NAME": "pull_request"}
        step.run("unready", files, files.environment(**variables, **job))
        (body,) = github.bodies()
    for text in (body, files.command_file("GITHUB_STEP_SUMMARY").read_text("utf-8")):
        assert "nothing was measured" in text
        assert "the job was ended before leakgate was set up" in text


def test_cancelled_while_the_comment_is_posted(tmp_path: Path) -> None:
    """The step that reports ignores the signals of a runner, because it ends after a few seconds."""
    files = step.Files(folder=tmp_path)
    files.environment()
    results = tmp_path / "results.json"
    results.write_text(dump_results(sample_report("interrupted")), "utf-8")
    posting, cancelled = threading.Event(), threading.Event()

    def wait_for_the_signals(method: str) -> None:
        if method == "POST":
            posting.set()
            cancelled.wait(PATIENCE_S)

    with FakeGithub() as github, marked() as mark:
        github.before = wait_for_the_signals
        given = {
            "LEAKGATE_MEASURED": "cancelled",
            "LEAKGATE_COMMENT": "always",
            "LEAKGATE_GITHUB_TOKEN": github.token,
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_API_URL": github.api_url,
        }
        measured = {"json": str(results), "exit-code": "130"}
        env = step.prepare_report(files, measured, PULL_REQUEST, **given)
        process = step.start("report", files, env | {MARK: mark})
        assert posting.wait(PATIENCE_S)
        for number in (signal.SIGINT, signal.SIGTERM):
            process.send_signal(number)
        cancelled.set()
        log, _ = process.communicate()
        assert process.returncode == 0, log.decode()
        assert wait_until_gone(mark) == []
        (body,) = github.bodies()
    assert "interrupted" in body
    assert "2 of 5 scripts were judged" in body


def test_time_limit_ends_the_run_before_the_job_s_own(tmp_path: Path) -> None:
    files, env = prepared(tmp_path, "waiting", "brief")
    with marked() as mark:
        given = step.variables_of("measure", LEAKGATE_TIME_LIMIT="3s")
        process = step.start("measure", files, env | given | {MARK: mark})
        log, _ = process.communicate()
        assert living_with(mark) == []
    assert process.returncode == 0, log.decode()
    measured = files.outputs()
    assert measured["exit-code"] == "3"
    summary = report_on(files, measured)
    assert "the time limit" in summary
    assert "brief" in summary
