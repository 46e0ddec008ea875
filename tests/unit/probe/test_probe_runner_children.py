"""Scripts and callables of the runner that have threads, children or native memory, and runs that end early."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.answer_rows import of_kind, read_rows
from tests.unit.probe.test_probe_repeating import programs as programs  # noqa: PLC0414 - a fixture
from tests.unit.probe.test_probe_runner import RUNNER, run

SCRIPT = """\
import threading, time

def work(number):
    pass

if __name__ == "__main__":
    import multiprocessing

    begun = threading.Event()

    def waits():
        begun.wait(60)
        time.sleep(0.01)
        with open("threads.txt", "a") as file:
            file.write("x")

    threading.Thread(target=waits).start()
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    context = multiprocessing.get_context("spawn")
    context.Process(target=time.sleep, args=(600,), daemon=True).start()
    context.Process(target=work, args=(5,)).start()
    begun.set()
"""


def test_a_script_that_leaves_threads_and_children_behind(tmp_path: Path) -> None:
    script = tmp_path / "job.py"
    script.write_text(SCRIPT)
    journal = run(tmp_path, kind="path", call=str(script), shorter={str(script): 2})
    (line,) = journal.of("test")
    assert (line["failure"], line["repetitions"]) == ("", 2)
    assert (tmp_path / "threads.txt").read_text() == "xxx"


def test_the_place_of_a_module(programs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "shop_job.py").write_text("")
    line_of = programs.programs._line_of
    assert line_of("module", "shop_job") == [str(tmp_path / "shop_job.py"), 1]
    assert line_of("module", "shop_job.part") == line_of("module", "no_such_shop") == ["", 0]


def test_only_one_value_of_a_generator_is_used(programs: Any) -> None:
    ended = []

    async def set_up() -> Any:
        yield lambda: ended.append("call")
        yield 5
        ended.append("never")

    callee = programs.callables.Callee(set_up)
    callee.call()
    callee.close()
    assert ended == ["call"]
    import asyncio

    asyncio.set_event_loop(None)


def test_an_interrupt_ends_the_runner(programs: Any, tmp_path: Path) -> None:
    def interrupts() -> None:
        raise KeyboardInterrupt

    from importlib import import_module

    order = import_module("_leakgate_probe.repeat.repeat_order").Order({"kind": "call", "time_s": 1.0, "call": "x:y"})
    journal = import_module("_leakgate_probe.repeat.journal").Journal(str(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        programs.callables.repeat_subject(
            journal, order, lambda: programs.callables.Callee(interrupts), lambda: ["", 0]
        )
    (path,) = tmp_path.glob("tests-*.jsonl")
    assert '"kind":"end"' not in path.read_text()


ORPHAN = """\
import os, sys, time, types

package = types.ModuleType("_leakgate_probe")
package.__path__ = sys.argv[1:]
sys.modules["_leakgate_probe"] = package
from _leakgate_probe.repeat import plugin

begun, begins = os.pipe()
if os.fork() == 0:
    once = plugin._WhileParentLives(lambda: "failed")
    os.write(begins, once().encode())
    while True:
        once()
        time.sleep(0.001)
assert os.read(begun, 6) == b"failed"
os._exit(0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a forked child")
def test_a_confirmation_ends_if_the_run_of_the_tests_is_killed(tmp_path: Path) -> None:
    probe = RUNNER.parents[1]
    command = [sys.executable, "-c", ORPHAN, str(probe), str(probe.parent / "growth")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stdout.read() == b"", "it ends when the child, which has it open too, has ended"
    assert program.returncode == 0


OTHERS = """\
import ctypes, multiprocessing

malloc = ctypes.CDLL(None).malloc
malloc.argtypes = [ctypes.c_size_t]
malloc.restype = ctypes.c_void_p

def spawns():
    child = multiprocessing.get_context("spawn").Process(target=print, args=("from the child",))
    child.start()
    child.join()
    assert child.exitcode == 0

def loses():
    malloc(3_000)
"""


def test_a_callable_that_starts_python_again(tmp_path: Path) -> None:
    """The child loads the main module of its parent, which is the runner, under another name."""
    (tmp_path / "calls.py").write_text(OTHERS)
    journal = run(tmp_path, kind="call", call="calls:spawns", shorter={"calls:spawns": 2})
    (line,) = journal.of("test")
    assert (line["failure"], line["repetitions"]) == ("", 2)
    assert journal.output.count("from the child") == 3


@pytest.mark.skipif(sys.platform != "linux", reason="counts what the C library has allocated")
def test_native_memory_that_a_callable_loses_is_explained(tmp_path: Path) -> None:
    (tmp_path / "calls.py").write_text(OTHERS)
    journal = run(tmp_path, kind="call", call="calls:loses", confirming=True)
    (line,) = journal.of("test")
    assert line["answer"] == "leak"
    rows = read_rows(tmp_path / "channel" / line["explanation"])
    places = [row["frames"][0] for row in of_kind(rows, "native-site")]
    assert places[0] == [str(tmp_path / "calls.py"), 14, "loses"]
