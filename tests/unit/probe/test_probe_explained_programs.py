"""Programs that are explained in every other respect: allocations, native memory, resources, and what stops a look."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.helpers.answer_rows import holders, notes, of_kind
from tests.unit.probe.stepwise import HOLDERS, NATIVE, RESOURCES, TRACE, explained

LEAK = """
KEPT = []

def step(number):
    KEPT.append(bytes(4_000))
"""
OWN_PROFILER = "import sys\nsys.setprofile(lambda *_: None)\n"
MAPS = """
import mmap

KEPT = []

def step(number):
    KEPT.append(mmap.mmap(-1, 50_000))
    KEPT[-1].write(bytes(50_000))
"""


def test_allocations_and_the_line_that_inserts(tmp_path: Path) -> None:
    rows = explained(tmp_path, LEAK, TRACE | HOLDERS)
    (window,) = of_kind(rows, "window")
    assert window["traced_bytes"][-1] - window["traced_bytes"][0] > 100_000
    assert Path(of_kind(rows, "site")[0]["frames"][0][0]).name == "program.py"
    frames = holders(rows)["__main__.KEPT"]["frames"]
    assert [Path(frames[0][0]).name, frames[0][2]] == ["program.py", "step"]


def test_a_program_that_traces_itself(tmp_path: Path) -> None:
    program = "import tracemalloc\ntracemalloc.start()\n" + LEAK
    assert "the script traces its own allocations: its traces were used" in notes(explained(tmp_path, program, TRACE))


@pytest.mark.parametrize(
    ("before", "note"),
    [
        ("import tracemalloc\ntracemalloc.start()\n", "the script's traces are too many to be read"),
        ("", "the program allocates too fast for a long trace: the window was cut short"),
    ],
)
def test_traces_that_take_too_much_memory(before: str, note: str, tmp_path: Path) -> None:
    limit = "\ndef begin(probe):\n    probe.traces._LARGEST_TABLES = 0\n"
    assert note in notes(explained(tmp_path, before + LEAK + limit, TRACE))


@pytest.mark.parametrize("at", [0, 8, 35])
def test_nothing_is_traced_or_followed_beside_subinterpreters(at: int, tmp_path: Path) -> None:
    name = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"
    rows = explained(tmp_path, LEAK + f"    if number == {at}:\n        import {name}\n", TRACE | NATIVE | HOLDERS)
    assert any("the program uses subinterpreters" in note for note in notes(rows))


def test_native_memory_that_is_followed_and_that_is_sampled(tmp_path: Path) -> None:
    for name, before, exact in (("followed", "", True), ("sampled", OWN_PROFILER, False)):
        (tmp_path / name).mkdir()
        rows = explained(tmp_path / name, before + LEAK, NATIVE)
        assert {(row["counter"], row["exact"]) for row in of_kind(rows, "native-site")} == {("malloc", exact)}
        assert any("its calls were sampled, not followed" in note for note in notes(rows)) is not exact


@pytest.mark.skipif(sys.platform != "linux", reason="reads what the kernel says about memory")
def test_memory_that_is_mapped_without_the_allocator(tmp_path: Path) -> None:
    for name, before, counter in (("followed", "", "mapped"), ("sampled", OWN_PROFILER, "rss")):
        (tmp_path / name).mkdir()
        rows = explained(tmp_path / name, before + MAPS, NATIVE)
        assert [row["counter"] for row in of_kind(rows, "native-site")][:1] == [counter]
        assert any(note.startswith("resident memory grew by") for note in notes(rows))


def test_a_program_with_a_profiler_of_its_own(tmp_path: Path) -> None:
    rows = explained(tmp_path, OWN_PROFILER + LEAK)
    assert any("leakgate did not look for the line that inserts" in note for note in notes(rows))
    assert holders(rows)["__main__.KEPT"]["frames"] == []


def test_no_native_memory_to_explain(tmp_path: Path) -> None:
    program = "def step(number):\n    pass\n\ndef begin(probe):\n    probe.native._SMALLEST_GROWTH = 10_000_000\n"
    rows = explained(tmp_path, program, NATIVE)
    assert any(note.startswith("no native memory to explain: ") for note in notes(rows))


MADE = """
import asyncio, os, socket, subprocess, sys, tempfile, threading

KEPT = []
LOOP = asyncio.new_event_loop()
asyncio.set_event_loop(LOOP)
STOP = threading.Event()

async def waits():
    await asyncio.sleep(1_000)

def step(number):
    if number > 12:
        return
    KEPT.append(open(__file__))
    KEPT.append(open("/dev/null"))
    KEPT.append(tempfile.TemporaryFile())
    KEPT.append(socket.socketpair())
    KEPT.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    KEPT.append(os.pipe())
    KEPT.append(os.open("/", os.O_RDONLY))
    KEPT.append(os.dup(KEPT[-1]))
    KEPT.append(LOOP.create_task(waits()))
    threading.Thread(target=STOP.wait, daemon=True).start()
    threading.Thread(target=rests, daemon=True).start()
    if number in (3, 4):
        KEPT.append(subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE))
        KEPT.append(os.spawnv(os.P_NOWAIT, "/bin/true", ["true"]))
    if number == 5 and hasattr(__import__("select"), "epoll"):
        KEPT.append(__import__("select").epoll())

def rests():
    STOP.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_resources_of_every_kind(tmp_path: Path) -> None:
    rows = of_kind(explained(tmp_path, MADE + "\nimport atexit\natexit.register(STOP.set)\n", RESOURCES), "resource")
    kinds = {(row["metric"], row["what"].partition(" (")[0]) for row in rows}
    assert kinds >= {("fds", what) for what in ("file", "device", "socket", "pipe", "folder", "epoll")}
    assert kinds >= {("threads", "rests"), ("tasks", "waits"), ("children", "process")}
    opened = next(row for row in rows if row["what"] == "device")
    assert (opened["count"] >= 10, Path(opened["frames"][0][0]).name) == (True, "program.py")


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ("def begin(probe):\n    probe.native._Samples = None", "a part of the explanation failed: TypeError"),
        ("def step(number):\n    stepwise.jump(60.0)", "a part of the explanation was skipped: it took too long"),
    ],
)
def test_a_part_that_fails_or_takes_too_long_does_not_stop_the_others(change: str, note: str, tmp_path: Path) -> None:
    rows = explained(tmp_path, f"{LEAK}\n{change}\n", RESOURCES | NATIVE, fails=True)
    assert any(one.startswith(note) for one in notes(rows)), rows
    assert rows[-1]["kind"] == "end"
