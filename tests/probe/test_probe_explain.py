"""Explanations: the leaking lines, found in running programs; and the notes if they cannot be found."""

from pathlib import Path
from typing import Any

import pytest

from tests.helpers.answer_rows import notes, of_kind
from tests.probe.probe_tools import EXPLAIN, EXPLAINING, NATIVE, PATIENCE_S, RESOURCES, TRACE, TRACING, probed, wait_for

PYTHON_LEAK = """
import time
kept = []
def leak(n):
    kept.append(["x" * 100, n] * 100)  # leaks
def churn():
    return [list(range(50)) for _ in range(50)]
def main():
    print("began", flush=True)
    n = 0
    while True:
        n += 1
        leak(n)
        churn()
        {pause}
main()
"""
NATIVE_LEAK = """
import ctypes, time
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
def leak():
    libc.malloc(3000)  # leaks
    return transient()
def transient():
    return bytearray(200_000)
def use():
    work = libc.malloc(100_000)
    libc.free(work)
    return len(leak()) + len(transient())
def main():
    print("began", flush=True)
    while True:
        use()
        time.sleep(.002)
main()
"""


def line_of(source: str, mark: str = "# leaks") -> int:
    return next(number for number, line in enumerate(source.splitlines(), 1) if mark in line)


def grew_natively(answer: list[dict[str, Any]]) -> int:
    return max((row["total"] for row in of_kind(answer, "native-site")), default=0)


@pytest.mark.parametrize("pause", ["time.sleep(.002)", "pass"], ids=["paced", "busy"])
def test_the_allocating_line_is_first(python: str, pause: str, tmp_path: Path, channel: Path) -> None:
    source = PYTHON_LEAK.format(pause=pause)
    (tmp_path / "script.py").write_text(source)
    with probed(python, tmp_path / "script.py", channel) as run:
        run.wait_for_its_work()
        answer = run.explain_until(lambda answer: of_kind(answer, "site"), TRACE, 1.0)
        assert answer[0] == {"kind": "header", "version": 1, "pid": run.pid}
        assert answer[-1]["kind"] == "end"
        assert answer[-1]["pause_s"] > 0
        site = of_kind(answer, "site")[0]
        assert site["frames"][0] == [str(tmp_path / "script.py"), line_of(source)]
        assert [Path(file).name for file, _ in site["frames"]] == ["script.py"] * 3
        assert site["blocks"] == sorted(site["blocks"])
        window = of_kind(answer, "window")[0]
        assert len(window["marks"]) == len(site["bytes"]) == len(window["native_bytes"])
        assert window["traced_bytes"][-1] >= site["bytes"][-1]
        flags = [record.flags for record in run.records()]
        assert TRACING | EXPLAINING in flags
        wait_for(lambda: run.records()[-1].flags == 0)
        assert not run.errors()


def test_new_blocks_that_replace_older_ones_are_no_rise_of_the_live_blocks(python: str, channel: Path) -> None:
    source = Path(__file__).parent.parent / "scripts" / "target_full_cache.py"
    with probed(python, source, channel) as run:
        run.wait_for_its_work()
        answer = run.explain_until(lambda answer: traced(answer) >= 500, TRACE, 1.0)
        assert not run.errors()
    live = of_kind(answer, "window")[0]["live_blocks"]
    assert abs(live[-1] - live[0]) < traced(answer) / 5


def traced(answer: list[dict[str, Any]]) -> int:
    blocks = of_kind(answer, "window")[0]["traced_blocks"] if of_kind(answer, "window") else [0]
    return int(blocks[-1] - blocks[0])


def test_the_line_that_calls_leaking_native_code_is_first(python: str, tmp_path: Path, channel: Path) -> None:
    (tmp_path / "script.py").write_text(NATIVE_LEAK)
    with probed(python, tmp_path / "script.py", channel) as run:
        run.wait_for_its_work()
        if run.records()[0].native == -1:
            pytest.skip("the C library of this system has no counter")
        # of a few calls only, one that is not over at the end of the window would keep most
        answer = run.explain_until(lambda answer: grew_natively(answer) > 150 * 3_000, TRACE | NATIVE, 1.0)
        site = of_kind(answer, "native-site")[0]
        assert site["frames"][0][1] == line_of(NATIVE_LEAK)
        assert [function for _, _, function in site["frames"]] == ["leak", "use", "main", "<module>"]
        assert 0.6 * site["total"] <= site["bytes"] <= 1.6 * site["total"]
        assert site["counter"] == "malloc"
        assert not run.errors()


def test_a_script_that_traces_itself_keeps_its_traces(python: str, tmp_path: Path, channel: Path) -> None:
    source = "import tracemalloc\ntracemalloc.start(5)\n" + PYTHON_LEAK.format(
        pause="time.sleep(.002); assert tracemalloc.is_tracing()"
    )
    (tmp_path / "script.py").write_text(source)
    with probed(python, tmp_path / "script.py", channel) as run:
        run.wait_for_its_work()
        answer = run.explain_until(lambda answer: of_kind(answer, "site"), TRACE, 0.5)
        assert of_kind(answer, "site")[0]["frames"][0] == [str(tmp_path / "script.py"), line_of(source)]
        assert "traces its own allocations" in "\n".join(notes(answer))
        count = len(run.records())
        wait_for(lambda: len(run.records()) > count + 3)
        assert run.process.poll() is None


def test_a_profiler_of_the_script_is_left_alone(python: str, tmp_path: Path, channel: Path) -> None:
    source = "import sys\ndef mine(*_): pass\nsys.setprofile(mine)\n" + NATIVE_LEAK.replace(
        "time.sleep(.002)", "time.sleep(.002); assert sys.getprofile() is mine"
    )
    (tmp_path / "script.py").write_text(source)
    with probed(python, tmp_path / "script.py", channel) as run:
        run.wait_for_its_work()
        answer = run.explain(NATIVE, 0.5)
        assert "profiler of its own" in "\n".join(notes(answer)) or run.records()[0].native == -1
        assert run.process.poll() is None


def test_no_profile_function_or_tracing_is_left_behind(python: str, tmp_path: Path, channel: Path) -> None:
    source = """
import gc, sys, threading, time
import _tracemalloc
def state(): return sys.getprofile(), _tracemalloc.is_tracing(), gc.callbacks, threading.active_count()
plain = state()
changed = False
while True:
    time.sleep(.005)
    if (state() != plain) != changed:
        changed = not changed
        print("changed" if changed else "back", flush=True)
"""
    (tmp_path / "script.py").write_text(source)
    with probed(python, tmp_path / "script.py", channel) as run:
        assert run.process.stdout is not None
        wait_for(lambda: len(run.records()) >= 3)
        run.explain_until(lambda _: run.told(), TRACE | NATIVE, 0.3)
        assert run.process.stdout.readline() == "changed\n"
        assert run.process.stdout.readline() == "back\n"


def test_an_interrupt_while_explaining_ends_the_script_as_ever(python: str, tmp_path: Path, channel: Path) -> None:
    (tmp_path / "script.py").write_text(PYTHON_LEAK.format(pause="time.sleep(.002)"))
    with probed(python, tmp_path / "script.py", channel) as run:
        wait_for(lambda: len(run.records()) >= 3)
        seq = run.command(EXPLAIN, NATIVE | RESOURCES, 0, 600.0)  # it ends only with the program
        wait_for(lambda: run.records()[-1].flags & EXPLAINING)
        run.process.send_signal(2)
        _, err = run.process.communicate(timeout=PATIENCE_S)
        assert run.process.returncode == -2
        assert err.startswith("Traceback (most recent call last):\n")
        assert err.endswith("KeyboardInterrupt\n")
        answer = (channel / f"explain-{run.pid}-{seq}.jsonl").read_text()
        assert "the program ended" in answer


def test_a_fork_while_explaining_leaves_the_child_untouched(python: str, tmp_path: Path, channel: Path) -> None:
    source = """
import os, sys, time
import _tracemalloc
def step(): time.sleep(.001)
while not (_tracemalloc.is_tracing() or sys.getprofile()): step()
print("explained", flush=True)
pid = os.fork()
if not pid:
    for _ in range(100): step()
    print(_tracemalloc.is_tracing(), sys.getprofile(), flush=True)
    os._exit(0)
os.waitpid(pid, 0)
while True: step()
"""
    (tmp_path / "script.py").write_text(source)
    channel.mkdir()
    for bits in (TRACE, NATIVE):
        with probed(python, tmp_path / "script.py", channel / str(bits)) as run:
            assert run.process.stdout is not None
            wait_for(run.records)
            answer = run.explain_until(lambda _: run.told(), bits, 0.6)
            assert run.process.stdout.readline() == "explained\n"
            assert run.process.stdout.readline() == "False None\n"
            assert len(of_kind(answer, "end")) == 1
            assert not run.errors()


def test_what_is_not_asked_for_is_not_done(python: str, tmp_path: Path, channel: Path) -> None:
    (tmp_path / "script.py").write_text(PYTHON_LEAK.format(pause="time.sleep(.002)"))
    with probed(python, tmp_path / "script.py", channel) as run:
        wait_for(lambda: len(run.records()) >= 3)
        answer = run.explain(0, 0.5)
        assert [row["kind"] for row in answer] == ["header", "end"]
