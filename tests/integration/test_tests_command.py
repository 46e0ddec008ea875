"""`leakgate pytest` and `leakgate call` from the command line, on small projects with and without leaks."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.command_line import Answer, leakgate

SUITE = """\
import functools
import os

import pytest

KEPT = []
OPENED = []
TIMES = 0


@pytest.fixture(scope="module")
def shared():
    yield []


@pytest.fixture
def piece(shared):
    yield shared


def test_healthy(piece, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("text")
    monkeypatch.setenv("NAME", "value")
    print("hello")


def test_keeps_an_object():
    KEPT.append(object())


def test_keeps_in_a_fixture(shared):
    shared.append({1: 2})


class TestClass:
    def test_keeps_on_its_instance(self):
        self.things = getattr(self, "things", [])
        self.things.append(object())


@functools.lru_cache(maxsize=5000)
def cached(number):
    return [number]


def test_fills_a_bounded_cache():
    global TIMES
    TIMES += 1
    cached(TIMES)


def test_runs_only_twice(once=[]):
    once.append(1)
    assert len(once) < 3


@pytest.mark.skip(reason="not today")
def test_skipped():
    assert False


def test_opens_files():
    OPENED.append(open(os.devnull))
"""

FAILING = """\
def test_fails():
    assert 1 == 2, "one is not two"


def test_ends_the_process():
    import os

    os._exit(7)


def test_after_that():
    pass


def test_stops_pytest():
    raise KeyboardInterrupt


def test_that_is_never_run():
    pass
"""

CALLABLES = """\
import asyncio

KEPT = []


class Shop:
    @staticmethod
    def order():
        KEPT.append({"order": len(KEPT)})


async def fetch():
    await asyncio.sleep(0)


def with_setup():
    kept = []

    def call():
        kept.clear()
        kept.append(object())

    yield call
    print("torn down")


def broken():
    raise ValueError("no such thing")
"""


PLENTY = ("--time", "60s")
"""Repeating ends when the answer is clear. A busy machine must not end it before."""


def said(answer: Answer) -> str:
    """The text on the terminal, without line breaks."""
    return " ".join(answer.stdout.split())


@dataclass(frozen=True)
class Project:
    folder: Path

    def run(self, *args: str) -> Answer:
        return leakgate(self.folder, *args)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "test_shop.py").write_text(SUITE, encoding="utf-8")
    (folder / "failing.py").write_text(FAILING, encoding="utf-8")
    (folder / "shop.py").write_text(CALLABLES, encoding="utf-8")
    return Project(folder)


@pytest.fixture(scope="module")
def suite(project: Project) -> Answer:
    args = ("--python", sys.executable, *PLENTY, "--jobs", "2", "--verbose", "--", "-p", "no:cacheprovider")
    return project.run("pytest", "test_shop.py", *args)


def test_a_leaking_test_fails_the_gate_with_place_and_holder(suite: Answer) -> None:
    assert suite.status == 1
    line = SUITE.splitlines().index("    KEPT.append(object())") + 1
    assert f"test_shop.py:{line} in test_keeps_an_object" in suite.stdout
    assert "test_shop.KEPT" in suite.stdout
    assert "+1 block" in suite.stdout


def test_what_a_fixture_keeps_is_held_by_the_fixture(suite: Answer) -> None:
    assert "pytest.fixtures.shared" in suite.stdout
    assert "the fixture shared lives longer than a test" in said(suite)


def test_descriptors_that_pile_up_are_a_leak(suite: Answer) -> None:
    assert "+1 descriptor per call" in suite.stdout


def test_healthy_tests_and_bounded_caches_are_not_named(suite: Answer) -> None:
    for name in ("test_healthy", "test_keeps_on_its_instance", "test_fills_a_bounded_cache"):
        assert name not in suite.stdout


def test_a_test_that_cannot_be_repeated_is_told_with_its_first_failure(suite: Answer) -> None:
    assert "test_shop.py::test_runs_only_twice  not repeatable" in suite.stdout


def test_nothing_is_left_in_the_project(project: Project, suite: Answer) -> None:
    left = {path.name for path in project.folder.iterdir()} - {"__pycache__"}
    assert suite.status == 1
    assert left == {"test_shop.py", "failing.py", "shop.py"}


def test_failing_tests_and_a_test_that_ends_the_process_are_an_error(project: Project) -> None:
    answer = project.run("pytest", "failing.py", "--python", sys.executable)
    assert answer.status == 3
    assert "failing.py::test_fails" in answer.stdout
    assert "one is not two" in answer.stdout
    assert "its process ended with status 7" in answer.stdout
    assert "pytest stopped at failing.py::test_stops_pytest with status 2: 2 tests have no result" in said(answer)


def test_an_option_of_pytest_before_the_two_dashes_is_refused(project: Project) -> None:
    answer = project.run("pytest", "test_shop.py", "-k", "healthy")
    assert answer.status == 2
    assert "-- -k" in answer.text


def test_a_missing_pytest_is_told(project: Project, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    __import__("venv").create(bare, with_pip=False)
    answer = project.run("pytest", "test_shop.py", "--python", str(bare / "bin" / "python"))
    assert answer.status == 3
    assert "pytest is not installed" in answer.text


@pytest.mark.parametrize(("path", "status"), [("shop:fetch", 0), ("shop:with_setup", 0), ("shop:Shop.order", 1)])
def test_a_callable_is_judged(project: Project, path: str, status: int) -> None:
    answer = project.run("call", path, "--python", sys.executable, *PLENTY)
    assert answer.status == status, answer.text
    if status:
        assert "shop.KEPT" in answer.stdout


@pytest.mark.parametrize(
    ("path", "words"), [("shop:broken", "no such thing"), ("shop:nothing", "nothing"), ("nowhere:f", "nowhere")]
)
def test_a_callable_that_fails_is_an_error_with_what_python_says(project: Project, path: str, words: str) -> None:
    answer = project.run("call", path, "--python", sys.executable)
    assert answer.status == 3
    assert words in answer.stdout


def test_a_name_without_a_colon_is_a_usage_error(project: Project) -> None:
    assert project.run("call", "shop.order").status == 2


JOB = """\
import atexit
import logging
import json
import sys
import threading

import kept

logging.getLogger().addHandler(logging.StreamHandler(sys.stdout))
atexit.register(print, "the end")
threading.Thread(target=lambda: None).start()
if "keeps" in sys.argv:
    kept.THINGS.append([])
sys.exit(0)
"""
ENDS_ITS_PROCESS = "import os, time\nthings = bytearray(3_000_000)\ntime.sleep(1)\nos._exit(0)\n"
JOBS = """\
version: 1
defaults: {duration: 60s}
scripts:
  - {name: healthy, path: job.py, repeat: true}
  - {name: keeps, path: job.py, args: [keeps], repeat: true, budgets: {blocks: 0.5/run}}
  - {name: ends, path: ends.py, repeat: true, duration: 10s, budgets: {peak: 1GB}}
  - {name: fails, path: fails.py, repeat: true}
"""


@pytest.fixture(scope="module")
def repeated_jobs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("jobs")
    (folder / "kept.py").write_text("THINGS = []\n", encoding="utf-8")
    (folder / "job.py").write_text(JOB, encoding="utf-8")
    (folder / "ends.py").write_text(ENDS_ITS_PROCESS, encoding="utf-8")
    (folder / "fails.py").write_text("raise SystemExit('no database')\n", encoding="utf-8")
    (folder / "leakgate.yaml").write_text(JOBS, encoding="utf-8")
    answer = leakgate(folder, "run", "--jobs", "2", "--json", "results.json", "--output", "sessions")
    assert answer.status == 1
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert sorted(path.name for path in folder.iterdir() if path.suffix == ".py") == [
        "ends.py",
        "fails.py",
        "job.py",
        "kept.py",
    ]
    return {script["name"]: script for script in results["scripts"]}


def test_a_job_that_leaves_nothing_behind_is_ok(repeated_jobs: dict[str, dict[str, Any]]) -> None:
    assert repeated_jobs["healthy"]["verdict"] == "ok"
    assert "flat over" in repeated_jobs["healthy"]["reason"]


def test_what_a_job_leaves_in_a_module_is_counted_by_run(repeated_jobs: dict[str, dict[str, Any]]) -> None:
    assert repeated_jobs["keeps"]["verdict"] == "over-budget"
    assert repeated_jobs["keeps"]["leaks"][0]["holder"]["path"] == "kept.THINGS"


def test_a_job_that_ends_its_process_runs_one_after_another(repeated_jobs: dict[str, dict[str, Any]]) -> None:
    assert repeated_jobs["ends"]["verdict"] == "ok"
    assert "one after another" in repeated_jobs["ends"]["reason"]
    assert repeated_jobs["ends"]["rss"]["peak_bytes"] > 3_000_000


def test_a_job_whose_first_run_fails_is_an_error(repeated_jobs: dict[str, dict[str, Any]]) -> None:
    assert repeated_jobs["fails"]["verdict"] == "error"
    assert "no database" in repeated_jobs["fails"]["reason"]
