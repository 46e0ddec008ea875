"""A look never aborts a program with several interpreters, and frozen heaps are seen."""

import sys
from pathlib import Path

import pytest

from tests.helpers.answer_rows import holders, notes, of_kind
from tests.probe.probe_tools import COLLECT, HOLDERS, NATIVE, RESOURCES, TRACE, probed, version_of, wait_for

EVERYTHING = TRACE | NATIVE | HOLDERS | RESOURCES

_MAKE = """
import time
try:
    import _interpreters as interpreters
    run = interpreters.exec
except ImportError:
    import _xxsubinterpreters as interpreters
    run = interpreters.run_string
def make():
    one = interpreters.create()
    run(one, "x = [1] * 10")
    interpreters.destroy(one)
"""
_LEAKS = (
    _MAKE
    + """
kept = []
number = 0
while True:
    number += 1
    kept.extend("x" * 200 + str(number * 10 + index) for index in range(10))
    if number % 20 == 0:
        make()
    time.sleep(0.005)
"""
)
_LATE = f"""
import _tracemalloc, time
kept = []
while not _tracemalloc.is_tracing():
    kept.append([1])
    time.sleep(0.005)
exec({_MAKE!r})
while True:
    for _ in range(20):
        make()
        time.sleep(0.005)
    print("made", flush=True)
"""


@pytest.fixture
def newer(python: str) -> str:
    """An interpreter whose subinterpreters have allocators of their own."""
    if version_of(python) < (3, 12):
        pytest.skip("before Python 3.12, all interpreters share one allocator")
    return python


def test_a_program_of_several_interpreters_is_explained_and_lives(newer: str, tmp_path: Path, channel: Path) -> None:
    script = tmp_path / "main.py"
    script.write_text(_LEAKS, encoding="utf-8")
    with probed(newer, script, channel) as run:
        wait_for(lambda: len(run.records()) > 5)
        run.command(COLLECT)
        answer = run.explain_until(lambda answer: "__main__.kept" in holders(answer), EVERYTHING, 1.0)
        assert run.process.poll() is None
        assert any("subinterpreters" in note for note in notes(answer))
        assert not of_kind(answer, "site", "native-site")
        assert [row["file"] for row in of_kind(answer, "holder")] == [str(script)]


def test_tracing_stops_before_the_first_interpreter_is_made(newer: str, tmp_path: Path, channel: Path) -> None:
    script = tmp_path / "main.py"
    script.write_text(_LATE, encoding="utf-8")
    with probed(newer, script, channel) as run:
        wait_for(lambda: len(run.records()) > 5)
        answer = run.explain(TRACE | RESOURCES, 4.0)
        assert any("subinterpreters" in note for note in notes(answer))
        assert run.process.stdout is not None
        assert run.process.stdout.readline() == "made\n"


_FROZEN = """
import gc, time
KEPT, OTHER = [], {number: [number] for number in range(5_000)}
class Shelf:
    x = [0] * 8
gc.collect()
gc.freeze()
number = 0
print("began", flush=True)
while True:
    number += 1
    KEPT.append(number + 1_000_000)
    time.sleep(0.002)
"""


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="gc.freeze")
def test_a_container_that_was_frozen_is_seen_to_grow(python: str, tmp_path: Path, channel: Path) -> None:
    script = tmp_path / "main.py"
    script.write_text(_FROZEN, encoding="utf-8")
    with probed(python, script, channel) as run:
        run.wait_for_its_work()
        answer = run.explain_until(holders, HOLDERS, 1.0)
        assert list(holders(answer)) == ["__main__.KEPT"]
        assert run.errors() == ""
