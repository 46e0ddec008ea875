"""The runner of tests, callables and scripts, started as leakgate starts it: what it writes to its journal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from leakgate.probe import wire

RUNNER = Path(wire.__file__).parent / "repeat" / "__main__.py"
TESTS = """\
import random
import unittest
import pytest

KEPT = []

def test_passes(tmp_path):
    (tmp_path / "file").write_text("x")
    print("something")

def test_keeps():
    KEPT.append(bytearray(100))

def test_fails():
    assert False

@pytest.mark.skip(reason="not today")
def test_skipped():
    pass

@pytest.mark.xfail
def test_expected():
    assert False

@pytest.mark.leakgate(skip="talks to a server")
def test_not_repeated():
    pass

@pytest.mark.parametrize("things", [[1, 2, 3]])
def test_changes_its_parameter(things):
    assert things == [1, 2, 3]
    things.clear()

RUNS = []

def test_fails_later():
    RUNS.append(1)
    assert len(RUNS) < 3

class TestClass:
    def test_method(self):
        self.value = random.random()

class TestOld(unittest.TestCase):
    def test_old(self):
        self.assertTrue(True)

@pytest.fixture(scope="module")
def broad():
    yield []

@pytest.fixture
def fails_at_the_end(broad):
    yield
    if len(RUNS) > 8:
        raise RuntimeError("tear-down")

def test_uses_a_broader_fixture(fails_at_the_end):
    RUNS.extend([1, 1])
"""
CALLS = """\
KEPT = []

def plain():
    pass

async def waits():
    pass

def set_up():
    yield plain
    raise RuntimeError("no end")

async def set_up_later():
    yield waits

def yields_nothing():
    yield 5

def fails():
    raise ValueError("bad order")

def leaks():
    KEPT.append([1])

NUMBER = 5
"""
SCRIPT = """\
import atexit, logging, os, sys, threading

atexit.register(os.environ.setdefault, "ENDED", "yes")
threading.Thread(target=int).start()
os.environ["CHANGED"] = "yes"
os.chdir("/")
sys.path.append("/changed")
logging.getLogger("shop").addHandler(logging.StreamHandler())
assert __name__ == "__main__"
sys.exit(int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else None if len(sys.argv) < 2 else "no")
"""


class Journal:
    """What a runner wrote, and how it ended."""

    def __init__(self, lines: list[dict[str, Any]], status: int, output: str) -> None:
        self.lines, self.status, self.output = lines, status, output

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["kind"] == kind]

    def answers(self) -> dict[str, str]:
        return {line["id"].rpartition("::")[2]: line["answer"] for line in self.of("test")}

    def outcomes(self) -> dict[str, str]:
        return {line["id"].rpartition("::")[2]: line["outcome"] for line in self.of("once")}


def run(folder: Path, **order: Any) -> Journal:
    channel = folder / "channel"
    channel.mkdir(exist_ok=True)
    for old in channel.iterdir():
        old.unlink()
    (channel / "order.json").write_text(json.dumps({"args": [], "time_s": 120.0, **order}))
    done = subprocess.run(
        [sys.executable, str(RUNNER), str(channel)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    lines = [json.loads(line) for path in sorted(channel.glob("tests-*")) for line in path.read_text().splitlines()]
    return Journal(lines, done.returncode, done.stdout + done.stderr)


def repeated_tests(folder: Path, *args: str, most: int = 24, **order: Any) -> Journal:
    """Run the tests of a folder; each is repeated for `most` times at most."""
    names = [f"test_shop.py::{name}" for name in ("test_passes", "test_keeps", "test_fails_later")]
    names += [
        "test_shop.py::test_changes_its_parameter[things0]",
        "test_shop.py::TestClass::test_method",
        "test_shop.py::TestOld::test_old",
        "test_shop.py::test_uses_a_broader_fixture",
    ]
    shorter = dict.fromkeys(names, most)
    return run(folder, kind="pytest", args=["-p", "no:cacheprovider", *args], shorter=shorter, **order)


def test_tests_of_every_kind(tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(TESTS)
    (tmp_path / "test_broken.py").write_text("import no_such_module")
    journal = repeated_tests(tmp_path, "--continue-on-collection-errors", "-o", "log_cli=true")
    assert journal.outcomes() == {
        "test_fails": "failed",
        "test_skipped": "skipped",
        "test_expected": "xfailed",
        "test_not_repeated": "not-repeated",
    }
    answers = journal.answers()
    assert answers.pop("test_keeps") == "inconclusive"
    assert [answers.pop(name) for name in ("test_fails_later", "test_uses_a_broader_fixture")] == ["not-repeatable"] * 2
    assert set(answers) == {"test_passes", "test_changes_its_parameter[things0]", "test_method", "test_old"}
    assert [line["id"] for line in journal.of("broken")] == ["test_broken.py"]
    assert (journal.of("end")[0]["status"], journal.status) == (1, 1)
    assert journal.of("once")[1]["text"].endswith("not today")


def test_parts_and_chosen_tests(tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(TESTS)
    empty = repeated_tests(tmp_path, parts=2, part=1)
    assert empty.of("collected")[0]["here"] == 0
    chosen = repeated_tests(
        tmp_path, only=["test_shop.py::test_passes", "test_shop.py::test_keeps"], skip=["test_shop.py::test_passes"]
    )
    assert list(chosen.answers()) == ["test_keeps"]


def test_a_project_without_pytest_and_an_error_of_a_plugin(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("def pytest_configure(config):\n    raise RuntimeError('broken plugin')\n")
    broken = repeated_tests(tmp_path)
    assert "broken plugin" in broken.of("broken")[0]["text"]
    assert broken.of("end")[0]["status"] == 3
    (tmp_path / "pytest.py").write_text("raise ImportError('none here')")
    missing = repeated_tests(tmp_path)
    assert missing.status == 74
    assert "pytest is not installed for " in missing.of("failed")[0]["message"]


@pytest.mark.parametrize("name", ["plain", "waits", "set_up", "set_up_later"])
def test_callables_of_every_kind(tmp_path: Path, name: str) -> None:
    (tmp_path / "calls.py").write_text(CALLS)
    journal = run(tmp_path, kind="call", call=f"calls:{name}", shorter={f"calls:{name}": 24})
    (line,) = journal.of("test")
    assert (line["answer"] in {"ok", "inconclusive"}, journal.status) == (True, 0)
    assert Path(line["line"][0]).name == "calls.py"
    assert ("its tear-down failed: RuntimeError: no end" in line.get("note", "")) == (name == "set_up")


@pytest.mark.parametrize(
    ("name", "text"),
    [("fails", "bad order"), ("yields_nothing", "not a callable"), ("NUMBER", "not a callable"), ("x", "x")],
)
def test_callables_that_cannot_be_repeated(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "calls.py").write_text(CALLS)
    journal = run(tmp_path, kind="call", call=f"calls:{name}")
    (line,) = journal.of("once")
    assert (line["outcome"], journal.status) == ("failed", 1)
    assert text in line["text"]


def test_a_script_runs_again_and_again_and_leaves_the_process_as_it_was(tmp_path: Path) -> None:
    script = tmp_path / "job.py"
    script.write_text(SCRIPT)
    journal = run(tmp_path, kind="path", call=str(script), shorter={str(script): 8})
    (line,) = journal.of("test")
    assert (line["failure"], line["repetitions"]) == ("", 8)
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__main__.py").write_text(SCRIPT)
    for order in ({"kind": "module", "call": "package"}, {"kind": "path", "call": str(tmp_path / "package")}):
        (line,) = run(tmp_path, **order, shorter={order["call"]: 5}).of("test")
        assert line["repetitions"] == 5
        assert line["line"] == [str(tmp_path / "package" / "__main__.py"), 1]


@pytest.mark.parametrize(("argument", "text"), [("3", "status 3"), ("no", "status 1: no")])
def test_a_script_that_fails_is_not_repeated(tmp_path: Path, argument: str, text: str) -> None:
    script = tmp_path / "job.py"
    script.write_text(SCRIPT)
    journal = run(tmp_path, kind="path", call=str(script), args=[argument])
    (line,) = journal.of("once")
    assert text in line["text"]
    assert "Traceback" not in line["text"]
    journal = run(tmp_path, kind="module", call="no_such_module")
    assert "no_such_module" in journal.of("once")[0]["text"]


def test_an_order_that_the_runner_cannot_carry_out_is_reported(tmp_path: Path) -> None:
    journal = run(tmp_path, kind="path", call=str(tmp_path / "missing.py"))
    assert journal.status != 0
    assert "missing.py" in json.dumps(journal.lines)
