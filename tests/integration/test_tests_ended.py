"""A repeated suite is spread over machines, interrupted and killed: no result is lost, and no process is left."""

import json
import signal
import sys
from pathlib import Path

import pytest

from tests.helpers.command_line import leakgate, start
from tests.helpers.real_runs import marked, wait_until, wait_until_gone

SUSPECT = """\
import os
import time

KEPT = []


def test_done():
    pass


def test_keeps():
    KEPT.append(object())
    with open("pids", "a") as file:
        print(os.getpid(), file=file)
    time.sleep(0.02)
"""
INTERRUPTED = """\
import time
from pathlib import Path

import pytest

KEPT = []


def test_keeps():
    KEPT.append(object())


@pytest.mark.parametrize("number", range(1_000))
def test_others(number):
    Path("pids").write_text("here")
    time.sleep(0.01)
"""
HEALTHY = "def test_healthy():\n    pass\n"
OPTIONS = ("--python", sys.executable, "--time", "60s", "--json", "results.json")


def processes_in(folder: Path) -> int:
    """How many processes have run the suspect so far: the first one repeats it, the second one confirms it."""
    pids = folder / "pids"
    return len(set(pids.read_text(encoding="utf-8").split())) if pids.exists() else 0


@pytest.mark.skipif(sys.platform != "linux", reason="signals, and processes found in /proc")
@pytest.mark.parametrize("count", [1, 2])
def test_a_suite_that_is_killed_leaves_no_process(tmp_path: Path, count: int) -> None:
    (tmp_path / "test_suspect.py").write_text(SUSPECT, encoding="utf-8")
    with marked() as mark:
        running = start(tmp_path, "pytest", "test_suspect.py", *OPTIONS, "--", "-p", "no:cacheprovider", mark=mark)
        wait_until(lambda: processes_in(tmp_path) >= count)
        running.send_signal(signal.SIGKILL)
        _, stderr = running.communicate(timeout=600)
        assert wait_until_gone(mark) == []
    assert running.returncode == -signal.SIGKILL
    assert b"Traceback" not in stderr


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_the_first_ctrl_c_ends_the_repetitions_and_confirms_the_tests_that_grew(tmp_path: Path) -> None:
    (tmp_path / "test_interrupted.py").write_text(INTERRUPTED, encoding="utf-8")
    with marked() as mark:
        running = start(tmp_path, "pytest", *OPTIONS, "--", "-p", "no:cacheprovider", mark=mark)
        wait_until(lambda: processes_in(tmp_path) >= 1)
        running.send_signal(signal.SIGINT)
        _, stderr = running.communicate(timeout=600)
        assert wait_until_gone(mark) == []
    assert running.returncode == 130
    assert b"Traceback" not in stderr
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    answers = {test["id"]: test["answer"] for test in results["scripts"][0]["tests"]}
    assert answers.pop("test_interrupted.py::test_keeps") == "leak"
    assert set(answers.values()) <= {"ok"}
    assert results["interrupted"]


def test_the_parts_of_a_suite_are_merged_into_one_result(tmp_path: Path) -> None:
    (tmp_path / "test_healthy.py").write_text(HEALTHY, encoding="utf-8")
    (tmp_path / "test_suspect.py").write_text(SUSPECT.replace("    time.sleep(0.02)\n", ""), encoding="utf-8")
    statuses = []
    for part in (1, 2):
        options = ("--python", sys.executable, "--time", "60s", "--shard", f"{part}/2", "--json", f"{part}.json")
        statuses.append(leakgate(tmp_path, "pytest", *options, "--", "-p", "no:cacheprovider").status)
    assert statuses == [0, 1]
    merged = leakgate(tmp_path, "merge", "1.json", "2.json", "--json", "results.json")
    assert merged.status == 1, merged.text
    script = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["scripts"][0]
    assert script["reason"].startswith("1 leak in 1 of 3 tests: +1 block")
    assert [test["answer"] for test in script["tests"]] == ["ok", "ok", "leak"]
