"""Counters under other allocators: each counts what it should, or is absent."""

import ctypes.util
import sys
from pathlib import Path

import pytest

from tests.probe.probe_tools import ABSENT, probed, version_of, wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="LD_PRELOAD, and glibc's allocator")

_KEEPS = """
import threading, time
KEPT = []
def keep():
    while True:
        KEPT.extend([object() for _ in range(100)])
        KEPT.append(bytearray(5_000))
        time.sleep(0.01)
thread = threading.Thread(target=keep)
thread.start()
while True:
    time.sleep(0.01)
"""
"""On a thread that is neither the main one nor the probe's."""
_MESSAGES = """
import collections, random, time
RING = collections.deque(maxlen=400)
sizes = random.Random(791593)
def receive():
    RING.append(bytearray(sizes.randrange(100, 3000)))
for number in range(500):
    receive()
print("full", flush=True)
for number in range(8000):
    receive()
    if number % 50 == 0:
        time.sleep(0.01)
print("done", flush=True)
time.sleep(60)
"""


def _library(name: str) -> str:
    found = ctypes.util.find_library(name)
    if found is None:
        pytest.skip(f"lib{name} is not installed")
    return found


def _rises(python: str, tmp_path: Path, channel: Path) -> tuple[int, int]:
    """By how much blocks and native bytes rose, over at least a second; -1 for a counter that is absent."""
    script = tmp_path / "main.py"
    script.write_text(_KEEPS, encoding="utf-8")
    with probed(python, script, channel) as run:
        wait_for(lambda: len(run.records()) > 10)
        first = run.records()[5]
        wait_for(lambda: run.records()[-1].at_s > first.at_s + 1.0)
        last = run.records()[-1]
        assert run.errors() == ""
    blocks = -1 if last.blocks < 0 else last.blocks - first.blocks
    return blocks, -1 if last.native < 0 else last.native - first.native


@pytest.mark.parametrize("library", ["jemalloc", "tcmalloc_minimal"])
def test_the_statistics_of_a_preloaded_allocator_are_read(
    python: str, tmp_path: Path, channel: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setenv("LD_PRELOAD", _library(library))
    blocks, native = _rises(python, tmp_path, channel)
    assert blocks > 1_000
    assert native > 50_000


def test_a_native_counter_that_is_blind_is_absent(
    python: str, tmp_path: Path, channel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_PRELOAD", _library("mimalloc"))
    blocks, native = _rises(python, tmp_path, channel)
    assert blocks > 1_000
    assert native == ABSENT


@pytest.mark.parametrize("allocator", ["malloc", "malloc_debug"])
def test_without_an_allocator_of_python_there_are_no_blocks_and_the_c_allocator_has_all(
    python: str, tmp_path: Path, channel: Path, monkeypatch: pytest.MonkeyPatch, allocator: str
) -> None:
    monkeypatch.setenv("PYTHONMALLOC", allocator)
    blocks, native = _rises(python, tmp_path, channel)
    assert blocks == ABSENT
    assert native > 80_000


def test_a_debug_allocator_counts_as_the_usual_one(
    python: str, tmp_path: Path, channel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONMALLOC", "pymalloc_debug")
    blocks, native = _rises(python, tmp_path, channel)
    assert blocks > 1_000
    assert native > 50_000


def test_a_block_counter_of_one_thread_only_is_absent(
    python: str, tmp_path: Path, channel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if version_of(python) < (3, 13):
        pytest.skip("mimalloc came with Python 3.13")
    monkeypatch.setenv("PYTHONMALLOC", "mimalloc")
    assert _rises(python, tmp_path, channel) == (ABSENT, ABSENT)


def test_what_thread_caches_hold_is_not_in_use(python: str, tmp_path: Path, channel: Path) -> None:
    script = tmp_path / "main.py"
    script.write_text(_MESSAGES, encoding="utf-8")
    with probed(python, script, channel) as run:
        assert run.process.stdout is not None
        assert run.process.stdout.readline() == "full\n"
        seen = len(run.records())
        wait_for(lambda: len(run.records()) > seen + 2)
        early = run.records()[-1].native
        assert run.process.stdout.readline() == "done\n"
        seen = len(run.records())
        wait_for(lambda: len(run.records()) > seen + 2)
        late = run.records()[-1].native
    ring = 400 * 1_550
    swing = ring // 20  # the sizes are random: a twentieth is three times their standard error
    assert abs(late - early) < swing
