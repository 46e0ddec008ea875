"""What projects do to the runner of tests: plugins that fail, other modules named pytest, tests that end the run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.probe.test_probe_runner import RUNNER, repeated_tests, run

QUIET = ["-p", "no:cacheprovider"]


def test_an_error_that_pytest_does_not_catch(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("def pytest_addoption(parser):\n    raise RuntimeError('broken option')\n")
    journal = repeated_tests(tmp_path)
    (broken,) = journal.of("broken")
    assert broken["id"] == "pytest"
    assert broken["text"].rstrip().endswith("RuntimeError: broken option")
    assert "RuntimeError: broken option" in journal.output
    assert (journal.of("end")[0]["status"], journal.status) == (3, 3)


def test_another_module_with_the_name_of_pytest(tmp_path: Path) -> None:
    (tmp_path / "pytest.py").write_text("")
    journal = repeated_tests(tmp_path)
    (failed,) = journal.of("failed")
    assert failed["message"].startswith("the runner failed: AttributeError: ")
    assert "pytest" in failed["trace"]
    assert (journal.of("end"), journal.status) == ([], 74)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the option -P is new in 3.11")
def test_the_safe_path_of_python_is_kept(tmp_path: Path) -> None:
    (tmp_path / "order.json").write_text('{"kind": "call", "call": "calls:plain", "time_s": 120.0}')
    (tmp_path / "calls.py").write_text("def plain():\n    pass\n")
    subprocess.run([sys.executable, "-P", RUNNER, tmp_path], cwd=tmp_path, timeout=600, check=False)
    (path,) = tmp_path.glob("tests-*.jsonl")
    assert "No module named 'calls'" in path.read_text()


ENDINGS = """\
import pytest

RUNS = []

@pytest.fixture
def ends():
    yield
    if RUNS == ["down"] * 3:
        pytest.exit("enough of it")

def test_ends_later():
    RUNS.append("call")
    if len(RUNS) == 3:
        pytest.exit("enough of it")

def test_ends_at_its_end(ends):
    RUNS.append("down")
"""


@pytest.mark.parametrize("name", ["test_ends_later", "test_ends_at_its_end"])
def test_a_repetition_that_ends_the_run(name: str, tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(ENDINGS)
    journal = run(tmp_path, kind="pytest", args=QUIET, only=[f"test_shop.py::{name}"])
    assert journal.of("test") == []
    assert "Exit: enough of it" in journal.output
    assert (journal.of("end")[0]["status"], journal.status) == (2, 2)


STATES = """\
import doctest, random, sys, unittest
import pytest

RUNS, NUMBERS = [], set()

def shop(number):
    \"\"\"
    >>> RUNS.append(1)
    >>> [5][3 * (len(RUNS) > 2)]
    5
    \"\"\"

def test_random_numbers():
    import numpy
    NUMBERS.add((random.random(), numpy.random.get_state()))
    numpy.random.set_state("used")
    assert len(NUMBERS) <= 2

@pytest.fixture(scope="module")
def broad():
    yield []

@pytest.fixture
def narrow(broad):
    yield broad

def test_uses_a_broader_one(narrow, request):
    assert len(request._get_active_fixturedef("broad")._finalizers) < 8

@pytest.fixture
def fails_at_its_end():
    yield
    raise RuntimeError("not put away")

def test_is_the_first_failure(fails_at_its_end):
    pass

def test_never_runs():
    pass
"""
NUMPY = """\
import sys

class random:
    state = "begun"

    @classmethod
    def get_state(cls):
        return cls.state

    @classmethod
    def set_state(cls, state):
        cls.state = state

sys.modules["numpy.random"] = random
"""


def test_each_repetition_begins_with_the_same_state(tmp_path: Path) -> None:
    """The project has a numpy of its own, with the two functions for the state of its generator."""
    (tmp_path / "test_shop.py").write_text(STATES)
    (tmp_path / "numpy.py").write_text(NUMPY)
    names = [f"test_shop.py::{name}" for name in ("test_shop.shop", "test_random_numbers", "test_uses_a_broader_one")]
    args = [*QUIET, "-p", "no:xdist", "--doctest-modules"]
    journal = run(tmp_path, kind="pytest", args=args, only=names, shorter=dict.fromkeys(names, 24))
    answers = journal.answers()
    assert answers.pop("test_shop.shop") == "not-repeatable"
    assert sorted(answers) == ["test_random_numbers", "test_uses_a_broader_one"]
    assert "not-repeatable" not in answers.values()
    (failure,) = [line["failure"] for line in journal.of("test") if line["failure"]]
    assert failure == "IndexError: list index out of range"


def test_a_run_that_stops_at_the_first_failure(tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(STATES)
    only = [f"test_shop.py::{name}" for name in ("test_is_the_first_failure", "test_never_runs")]
    journal = run(tmp_path, kind="pytest", args=[*QUIET, "-x"], only=only)
    assert [(line["id"].rpartition("::")[2], line["outcome"]) for line in journal.of("once")] == [
        ("test_is_the_first_failure", "failed")
    ]
    assert journal.of("test") == []
    assert journal.status == 1


SUBTESTS = """\
RUNS = []

def test_parts(subtests):
    RUNS.append(1)
    for number in range(3):
        with subtests.test(number=number):
            assert number < 2 or len(RUNS) < 3, "part %d of run %d" % (number, len(RUNS))
"""


def test_a_subtest_that_fails_later(tmp_path: Path) -> None:
    if int(pytest.__version__.partition(".")[0]) < 9:
        pytest.skip("subtests are new in pytest 9")
    (tmp_path / "test_shop.py").write_text(SUBTESTS)
    (line,) = run(tmp_path, kind="pytest", args=QUIET).of("test")
    assert line["answer"] == "not-repeatable"
    assert line["failure"] == "in a subtest: AssertionError: part 2 of run 3"


@pytest.mark.parametrize("goes_on", [True, False])
def test_suspects_are_confirmed_beside_a_broken_module_only_if_pytest_goes_on(goes_on: bool, tmp_path: Path) -> None:
    (tmp_path / "test_broken.py").write_text("import no_such_module")
    (tmp_path / "test_shop.py").write_text("def test_fails():\n    assert False\n")
    args = [*QUIET, *(["--continue-on-collection-errors"] if goes_on else [])]
    journal = run(tmp_path, kind="pytest", args=args, confirming=True)
    assert [line["outcome"] for line in journal.of("once")] == ["failed"] * goes_on
    assert journal.status == (1 if goes_on else 2)


HOOKED = """\
import pytest

def pytest_runtest_logreport(report):
    with open("reports.txt", "a") as file:
        file.write("%s %s %s\\n" % (report.nodeid.rpartition("::")[2], report.when, report.outcome))

class Sheet(pytest.File):
    def collect(self):
        yield Row.from_parent(self, name="row")

class Row(pytest.Item):
    def runtest(self):
        self.add_report_section("call", "sums", "right")

def pytest_collect_file(file_path, parent):
    return Sheet.from_parent(parent, path=file_path) if file_path.suffix == ".sheet" else None
"""


def test_plugins_of_one_folder_get_one_report_of_each_test(tmp_path: Path) -> None:
    """Each folder has a conftest.py, so pytest gives each its own hooks. One has tests of a kind of its own."""
    for name, conftest in (("bill", HOOKED), ("cart", "")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "conftest.py").write_text(conftest)
        (tmp_path / name / f"test_{name}.py").write_text(
            "def test_fails():\n    assert 0\n\ndef test_ok():\n    pass\n"
        )
    (tmp_path / "bill" / "sums.sheet").write_text("")
    names = ["bill/sums.sheet::row", "bill/test_bill.py::test_ok", "cart/test_cart.py::test_ok"]
    journal = run(tmp_path, kind="pytest", args=QUIET, shorter=dict.fromkeys(names, 6))
    assert sorted(line["id"] for line in journal.of("test")) == names
    assert {(line["failure"], line["repetitions"]) for line in journal.of("test")} == {("", 6)}
    parts = [f"test_fails {when} {'failed' if when == 'call' else 'passed'}" for when in ("setup", "call", "teardown")]
    parts += [f"{name} {when} passed" for name in ("row", "test_ok") for when in ("setup", "call", "teardown")]
    assert sorted((tmp_path / "reports.txt").read_text().splitlines()) == sorted(parts)


RESTS = """\
import sys

sys.platform = "darwin"  # there, a forked child of a program with threads may end at once
KEPT = []

def test_comes_to_rest():
    if len(KEPT) < 100:
        KEPT.append(bytearray(100))
"""


def test_a_suspect_that_comes_to_rest_where_no_child_can_be_forked(tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(RESTS)
    shorter = {"test_shop.py::test_comes_to_rest": 68}
    journal = run(tmp_path, kind="pytest", args=QUIET, confirms_here=True, shorter=shorter)
    assert sorted((line["confirming"], line["answer"]) for line in journal.of("test")) == [
        (False, "inconclusive"),
        (True, "ok"),
    ]
    assert len(list((tmp_path / "channel").glob("tests-*.jsonl"))) == 1
