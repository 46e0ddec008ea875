"""Healthy tests that leave something in pytest at each run. None may look like a leak, whatever pytest stores.

They are repeated by the real runner in the pytest of this environment; other versions of pytest run the same file.
"""

import json
import sys
from pathlib import Path

import pytest

from tests.helpers.command_line import leakgate

CONFTEST = """\
import gc
import json
import os
import sys
import time

import pytest


def refuse(*args, **more):
    raise RuntimeError("replaced by conftest.py")


# A hostile conftest: what it replaces must not blind the runner.
gc.collect = lambda *args: 0
time.perf_counter = lambda: 0.0
sys.getallocatedblocks = lambda: 1
os.fork = os.getpid = lambda: 1
os.listdir = os.kill = os.waitpid = os._exit = refuse
gc.freeze = gc.unfreeze = gc.get_objects = sys.getsizeof = json.dumps = refuse


@pytest.fixture(scope="session")
def of_session():
    yield {}


@pytest.fixture(scope="class")
def of_class(of_session):
    yield []


@pytest.fixture
def of_function(of_class, request):
    request.addfinalizer(lambda: None)
    yield of_class
"""

HEALTHY = """\
import asyncio
import logging
import random
import threading
import unittest
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies

VALUES = []


def test_empty():
    pass


def test_fixtures(of_function, tmp_path, monkeypatch, capsys, caplog, record_property, recwarn):
    record_property("name", 1)
    (tmp_path / "file").write_text("text")
    monkeypatch.setenv("NAME", "value")
    print("printed")
    logging.warning("logged")
    warnings.warn("careful")


def test_the_seed_is_the_same_in_each_repetition():
    VALUES.append(random.random())
    assert len(set(VALUES[1:])) <= 1
    del VALUES[2:]


@pytest.mark.parametrize("numbers", [[1, ({"a": [2]},), {3}]])
def test_changes_its_parameter(numbers):
    assert numbers == [1, ({"a": [2]},), {3}]
    numbers[1][0]["a"].append(4)
    numbers[2].clear()
    numbers.append(5)


class TestClass:
    def setup_method(self):
        self.things = [*getattr(self, "things", []), object()]

    def test_names_of_attributes_that_are_made_at_run_time(self, of_function):
        self.other = [object()]
        getattr(self, "name%d" % random.SystemRandom().randrange(10**9), None)


class TestUnit(unittest.TestCase):
    def test_sub_tests(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertTrue(True)


def test_sub_tests_of_pytest(subtests):
    for number in range(3):
        with subtests.test(number=number):
            pass


def test_a_thread():
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


def test_a_loop():
    asyncio.run(asyncio.sleep(0))


@given(strategies.integers())
def test_hypothesis(number):
    assert number == number


def documented():
    '''
    >>> 1 + 1
    2
    >>> documented()
    '''
"""

LEAKING = """\
import gc

import pytest

KEPT = []
REGISTRY = {}


def test_keeps_a_block():
    KEPT.append(object())


def test_a_cycle_with_the_collector_off():
    gc.disable()
    cycle = []
    cycle.append(cycle)


@pytest.mark.parametrize("registry", [REGISTRY])
def test_keeps_in_its_parameter(registry):
    registry[len(registry)] = object()
"""

ONCE = """\
import unittest

import pytest

RUNS = []


class TestOnce(unittest.TestCase):
    def test_fails_the_second_time(self):
        RUNS.append("fails")
        self.assertEqual(RUNS.count("fails"), 1)

    def test_is_skipped_the_second_time(self):
        RUNS.append("skips")
        if RUNS.count("skips") > 1:
            self.skipTest("again")


    def test_a_subtest_fails_the_second_time(self):
        RUNS.append("unit subtest")
        with self.subTest(number=1):
            self.assertEqual(RUNS.count("unit subtest"), 1)


def test_a_subtest_fails_the_third_time(subtests):
    RUNS.append("subtest")
    with subtests.test(number=1):
        runs = RUNS.count("subtest")
        assert runs < 3


def test_is_skipped_too():
    RUNS.append("function")
    if RUNS.count("function") > 1:
        pytest.skip("again")
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    folder = tmp_path_factory.mktemp("suite")
    files = {"conftest": CONFTEST, "test_healthy": HEALTHY, "test_leaking": LEAKING, "test_once": ONCE}
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    out = folder / "results.json"
    options = ("--python", sys.executable, "--time", "120s", "--quiet", "--json", str(out))
    done = leakgate(folder, "pytest", *options, "--", "--doctest-modules", "-p", "no:cacheprovider")
    assert done.status == 1, done.text
    return {test["id"]: test for test in json.loads(out.read_text(encoding="utf-8"))["scripts"][0]["tests"]}


def test_no_healthy_test_is_called_a_leak_or_undecided(answers: dict[str, dict[str, object]]) -> None:
    healthy = {name: test["answer"] for name, test in answers.items() if name.startswith("test_healthy.py")}
    assert len(healthy) >= 10
    wrong = {name: answer for name, answer in healthy.items() if answer not in ("ok", "not-repeated")}
    assert not wrong, {name: answers[name] for name in wrong}


def test_planted_leaks_are_found_although_conftest_replaced_the_clock_and_the_collector(
    answers: dict[str, dict[str, object]],
) -> None:
    leaks = {Path(name).name for name, test in answers.items() if test["answer"] == "leak"}
    assert leaks == {
        "test_leaking.py::test_keeps_a_block",
        "test_leaking.py::test_a_cycle_with_the_collector_off",
        "test_leaking.py::test_keeps_in_its_parameter[registry0]",
    }


def test_a_repetition_that_fails_or_is_skipped_is_seen_although_pytest_raises_nothing_for_a_test_case(
    answers: dict[str, dict[str, object]],
) -> None:
    found = {Path(name).name: (test["answer"], test["message"]) for name, test in answers.items() if "once" in name}
    assert found == {
        "test_once.py::TestOnce::test_fails_the_second_time": ("not-repeatable", "AssertionError: 2 != 1"),
        "test_once.py::TestOnce::test_is_skipped_the_second_time": ("not-repeatable", "Skipped: again"),
        "test_once.py::TestOnce::test_a_subtest_fails_the_second_time": (
            "not-repeatable",
            "in a subtest: AssertionError: 2 != 1",
        ),
        "test_once.py::test_a_subtest_fails_the_third_time": ("not-repeatable", "in a subtest: assert 3 < 3"),
        "test_once.py::test_is_skipped_too": ("not-repeatable", "Skipped: again"),
    }
