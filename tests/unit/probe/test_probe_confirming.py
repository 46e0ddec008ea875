"""Suspects among tests, callables and scripts: they are repeated for longer, explained, and leave the process alone."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.answer_rows import holders, read_rows
from tests.unit.probe.test_probe_repeating import programs as programs  # noqa: PLC0414 - a fixture
from tests.unit.probe.test_probe_runner import Journal, run

TESTS = """\
import os
import pytest

KEPT = []

@pytest.fixture(scope="module")
def broad():
    yield []

@pytest.fixture(scope="module")
def fails():
    raise RuntimeError("no fixture")

def test_keeps(broad):
    broad.append([KEPT])

def test_uses_what_fails(fails):
    pass

def test_ends_all():
    pytest.exit("enough")

def test_is_interrupted():
    raise KeyboardInterrupt
"""
CALLS = """\
KEPT = []

def leaks():
    KEPT.append([1])

def leaks_and_fails_later():
    yield leaks
    raise RuntimeError("no end")
"""


def is_explained(folder: Path, journal: Journal) -> bool:
    """Whether there is a whole explanation for the last test."""
    where = folder / "channel" / journal.of("test")[-1]["explanation"]
    kinds = [row["kind"] for row in read_rows(where)]
    return (kinds[0], kinds[-1]) == ("header", "end")


def suspects(folder: Path, *names: str, **order: Any) -> Journal:
    (folder / "test_shop.py").write_text(TESTS)
    only = [f"test_shop.py::{name}" for name in names]
    return run(folder, kind="pytest", args=["-p", "no:cacheprovider"], only=only, **order)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each suspect has a process of its own")
def test_a_suspect_is_confirmed_and_explained_in_its_own_process(tmp_path: Path) -> None:
    journal = suspects(tmp_path, "test_keeps", confirming=True)
    assert {line["answer"] for line in journal.of("test")} == {"leak"}
    assert is_explained(tmp_path, journal)
    assert journal.of("test")[-1]["moments"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each suspect has a process of its own")
def test_a_test_that_ends_the_run_ends_only_its_process(tmp_path: Path) -> None:
    journal = suspects(tmp_path, "test_ends_all", "test_is_interrupted", "test_uses_what_fails", confirming=True)
    assert {line["message"].partition(":")[0] for line in journal.of("failed")} == {"Exit", "KeyboardInterrupt"}
    assert [line["outcome"] for line in journal.of("once")] == ["failed"]


def test_a_suspect_is_confirmed_at_once(tmp_path: Path) -> None:
    journal = suspects(tmp_path, "test_keeps", confirms_here=True, shorter={"test_shop.py::test_keeps": 128})
    assert sorted(line["answer"] for line in journal.of("test")) == ["inconclusive", "leak", "leak"]


def test_a_callable_that_leaks_is_explained(tmp_path: Path) -> None:
    (tmp_path / "calls.py").write_text(CALLS)
    journal = run(tmp_path, kind="call", call="calls:leaks_and_fails_later", confirming=True)
    (line,) = journal.of("test")
    assert line["answer"] == "leak"
    assert is_explained(tmp_path, journal)
    assert "its tear-down failed" in line["note"]
    found = holders(read_rows(tmp_path / "channel" / line["explanation"]))
    assert found["calls.KEPT"]["frames"][0] == [str(tmp_path / "calls.py"), 4, "leaks"]


UNUSUAL = """\
import unittest
import pytest

RUNS, EXAMPLES = [], []

class TestOld(unittest.TestCase):
    def test_fails_later(self):
        RUNS.append(1)
        self.assertLess(len(RUNS), 3)

@pytest.fixture(scope="module")
def ends_badly():
    yield []
    raise RuntimeError("no end")

def test_uses_it(ends_badly, record_property, capsys):
    record_property("shop", 1)
    print("something")

def shop(number):
    \"\"\"
    >>> shop(1)
    1
    >>> EXAMPLES.append(1)
    >>> len(EXAMPLES) < 3
    True
    \"\"\"
    return number
"""
UNUSUAL_TESTS = [f"test_shop.py::{name}" for name in ("TestOld::test_fails_later", "test_shop.shop", "test_uses_it")]
EXAMPLES = """\
from hypothesis import given, strategies

@given(strategies.integers())
def test_examples(number):
    assert number == number
"""


def test_tests_of_unusual_kinds_are_repeated(tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(UNUSUAL)
    args = ["-p", "no:cacheprovider", "--doctest-modules", "-p", "no:xdist", "-o", "log_file=log.txt"]
    shorter = dict.fromkeys(UNUSUAL_TESTS, 8)
    journal = run(tmp_path, kind="pytest", args=args, shorter=shorter)
    answers = journal.answers()
    assert answers["test_fails_later"] == answers["test_shop.shop"] == "not-repeatable"
    assert answers["test_uses_it"] != "not-repeatable"
    assert "no end" in journal.output
    assert journal.of("end")[0]["status"] == 1


def test_hypothesis_has_the_same_examples_each_time(tmp_path: Path) -> None:
    pytest.importorskip("hypothesis")
    (tmp_path / "test_shop.py").write_text(EXAMPLES)
    shorter = {"test_shop.py::test_examples": 8}
    journal = run(tmp_path, kind="pytest", args=["-p", "no:cacheprovider"], shorter=shorter)
    assert "not-repeatable" not in journal.answers().values()


@pytest.fixture
def part(programs: Any) -> Callable[[str], Any]:
    """A module of the runner by its name."""
    return lambda name: import_module(f"_leakgate_probe.repeat.{name}")


class Repeated:
    """Repetitions that return why each one failed."""

    def __init__(self, failure: str | None = None) -> None:
        self.calls, self.failure = 0, failure

    def __call__(self) -> str | None:
        self.calls += 1
        return self.failure


def test_a_slow_suspect_gets_fewer_repetitions(part: Callable[[str], Any]) -> None:
    window = part("window")
    blocks = window.counts.BLOCKS
    assert window.calls_in_window({blocks: 1.0}, 0.0) == window._FEWEST_CALLS
    assert window.calls_in_window({blocks: 0.01}, 0.0) == window._MOST_CALLS
    assert window.calls_in_window({blocks: 1.0}, 1.0) == window._FEWEST_SLOW_CALLS
    assert not window.needs_native({blocks: 1.0})
    native = {window.counts.NATIVE: 10.0}
    assert window.needs_native(native)
    assert window.calls_in_window(native, 0.0) == 1_000
    assert window.calls_in_window({blocks: 1.0, window.counts.CONTAINERS: 8.0}, 0.0) == window._FEWEST_CALLS


def test_a_window_ends_with_a_repetition_that_fails(part: Callable[[str], Any]) -> None:
    window = part("window")
    clock = window._CallClock()
    moments = window.array("d", [0.0] * window._MOST_MOMENTS)
    once = Repeated()
    assert window._drive(iter([0.0, 0.5, 1.0]), once, clock, moments, 0.25) == once.calls == 6
    assert window._drive(iter([0.5]), Repeated("AssertionError: "), clock, moments, 0.25) == 0


def test_a_window_records_a_limited_number_of_moments(part: Callable[[str], Any]) -> None:
    window = part("window")
    most = window._MOST_MOMENTS
    moments, once = window.array("d", [0.0] * most), Repeated()
    assert window._drive(iter([float(most + 5)]), once, window._CallClock(), moments, 1.0) == most
    assert once.calls == most + 5


@pytest.fixture
def measured(part: Callable[[str], Any]) -> None:
    """The counters of this process, which the engine reads."""
    import_module("_leakgate_probe.gauges").Reader(import_module("_thread").get_ident())


def test_the_loop_ends_where_there_is_no_time(part: Callable[[str], Any], measured: None) -> None:
    engine = part("engine")
    result = engine.repeat(Repeated(), engine.RepeatPlan(-1.0, confirming=False, collects=False))
    assert (result.stopped, result.repetitions) == ("time", 1)
    failed = engine.repeat(Repeated("why"), engine.RepeatPlan(60.0, confirming=False))
    assert (failed.stopped, failed.failure, failed.answer) == ("failed", "why", engine.counts.NOT_REPEATABLE)


class Revived:
    """Each one makes another when it is collected, so no collection is the last one."""

    made = 0

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        Revived.made += 1
        if Revived.made < 1_000:
            Revived()


def test_garbage_without_end_does_not_keep_the_loop_busy(part: Callable[[str], Any], measured: None) -> None:
    engine = part("engine")
    engine.Original.collect()
    Revived()
    before = Revived.made
    engine._settle(engine.RepeatPlan(60.0, confirming=False), None)
    assert Revived.made - before == engine._MOST_COLLECTIONS
    Revived.made = 1_000
    engine.Original.collect()


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled: bool, part: Callable[[str], Any], measured: None) -> None:
    import gc

    engine = part("engine")
    try:
        if not enabled:
            gc.disable()
        engine.repeat(Repeated(), engine.RepeatPlan(60.0, confirming=False, most=40))
        assert gc.isenabled() is enabled
    finally:
        gc.enable()


LOOKS = 1
"""Calls in which it is seen whether a suspect reads the clock."""


def test_a_suspect_is_repeated_again_where_functions_get_caches_late(
    part: Callable[[str], Any], measured: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As under Python 3.10 and older, whatever Python runs this."""
    engine = part("engine")
    monkeypatch.setattr(engine, "_MAKES_OPCODE_CACHES", True)
    kept: list[list[int]] = []

    def leaks() -> None:
        kept.append([1])

    plan = engine.RepeatPlan(60.0, confirming=True)
    result = engine.repeat(leaks, plan)
    assert result.answer == engine.counts.LEAK
    assert len(kept) > result.repetitions
    for most, answer in ((200, engine.counts.LEAK), (40, engine.counts.INCONCLUSIVE)):
        kept.clear()
        result = engine.repeat(leaks, plan.shortened(most))
        assert (result.answer, result.repetitions, len(kept)) == (answer, most, 2 * most + LOOKS)
    monkeypatch.setattr(engine, "_HAVE_CACHES_AFTER", 1)
    kept.clear()
    assert engine.repeat(leaks, plan).repetitions <= engine.counts.RULE.warm + engine.counts.RULE.suspect_after
    read, write = os.pipe()
    opened: list[int] = [read, write]

    def opens() -> None:
        opened.append(os.dup(read))

    try:
        kept.clear()
        result = engine.repeat(opens, plan)
        assert result.answer == engine.counts.LEAK
        assert len(opened) - 2 == result.repetitions + LOOKS
    finally:
        for number in opened:
            os.close(number)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a forked child")
def test_a_child_that_hangs_is_killed(part: Callable[[str], Any]) -> None:
    plugin = part("plugin")
    pid = os.posix_spawn(sys.executable, [sys.executable, "-S", "-c", "import time; time.sleep(600)"], {})
    plugin._wait(pid, 0.02)
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, 0)


def test_a_pytest_that_keeps_its_fixtures_in_another_way(part: Callable[[str], Any]) -> None:
    session = types.SimpleNamespace(_setupstate=types.SimpleNamespace(stack=[]))
    assert part("again")._finalizers_of_nodes(types.SimpleNamespace(session=session)) == []


def test_marks_and_places_of_tests_that_say_nothing(part: Callable[[str], Any]) -> None:
    plugin = part("plugin")
    assert plugin._line_of(types.SimpleNamespace()) == ["", 0]
    assert [plugin._whole(value) for value in (5, -1, True, "x", None)] == [5, 0, 0, 0, 0]
    assert (
        plugin._skip_reason([types.SimpleNamespace(skipped=False), types.SimpleNamespace(skipped=True, longrepr="")])
        == ""
    )


def test_leaked_objects_are_frozen_when_collections_have_taken_longer_than_a_full_one(
    part: Callable[[str], Any],
) -> None:
    freezing = part("freezing").Freezing(0.0)
    freezing.spend(100.0)
    assert [at for at in (1, 35, 36, 37) if freezing.is_due(at)] == [36, 37]
    freezing.done(36, 1.0)
    freezing.spend(2.0)
    assert not freezing.is_due(71)
    assert freezing.is_due(72)
    freezing.spend(0.1)
    assert freezing.is_due(40)
    freezing.done(40, 3.0)
    assert [freezing.is_due(at) for at in (41, 71, 72)] == [False, False, True]
    known = part("freezing").Freezing(1.0)
    known.spend(2.5)
    assert known.is_due(1)
