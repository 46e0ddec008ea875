"""Readings: their values, their times, and what disturbs them."""

import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from tests.probe.probe_tools import COLLECT, ENTRY, HOLDERS, LAST, SETTLED, Run, probed, version_of, wait_for

GROWS = "import time\nkept = []\nwhile True:\n    kept.append([object() for _ in range(50)])\n    time.sleep(.001)"
CYCLES = """
import gc, sys, time
class Cycle: pass
gc.set_threshold(100_000)  # whoever collects, it is not the program
if len(sys.argv) > 1: gc.disable()
for _ in range(300):
    cycle = Cycle(); cycle.own = cycle
print("made", flush=True)
while True: time.sleep(.01)
"""


def wait_until_made(run: Run) -> None:
    """Wait for the program's cycles, and for readings that saw them."""
    assert run.process.stdout is not None
    assert run.process.stdout.readline() == "made\n"
    count = len(run.records())
    wait_for(lambda: len(run.records()) >= count + 2)


def script(tmp_path: Path, source: str) -> Path:
    path = tmp_path / "script.py"
    path.write_text(source)
    return path


def test_readings_follow_live_blocks(python: str, tmp_path: Path, channel: Path) -> None:
    with probed(python, script(tmp_path, GROWS), channel) as run:
        wait_for(lambda: len(run.records()) >= 10 and run.records()[-1].blocks > run.records()[1].blocks + 500)
        records = run.records()
        header = (channel / f"gauges-{run.pid}.bin").read_bytes()[:16]
        assert header[:8] == b"LKGAUGE1"
        assert all(later.at_s > earlier.at_s for earlier, later in pairwise(records))
        assert {record.tasks for record in records} == {-1}
        assert not run.errors()


def test_native_memory_is_counted(python: str, tmp_path: Path, channel: Path) -> None:
    source = "import time\ntime.sleep(.1)\nkept = bytearray(5_000_000)\nprint('now', flush=True)\ntime.sleep(600)"
    with probed(python, script(tmp_path, source), channel) as run:
        assert run.process.stdout is not None
        run.process.stdout.readline()
        before = len(run.records())
        wait_for(lambda: len(run.records()) > before + 1)
        first, last = run.records()[0], run.records()[-1]
        if first.native == -1:
            pytest.skip("the C library of this system has no counter")
        assert 4_900_000 < last.native - first.native < 7_000_000


def test_what_explaining_loads_is_not_counted(python: str, tmp_path: Path, channel: Path) -> None:
    source = "import time\ntime.sleep(.1)\nwhile True: time.sleep(.01)"
    with probed(python, script(tmp_path, source), channel) as run:
        wait_for(lambda: len(run.records()) >= 10)
        before = run.records()[-1]
        run.explain(HOLDERS, 0.2)
        read = len(run.records())
        wait_for(lambda: len(run.records()) >= read + 5)
        after = run.records()[-1]
        assert abs(after.blocks - before.blocks) < 2_000  # json and the probe's own modules are some ten thousand
        assert abs(after.native - before.native) < 200_000


def test_asyncio_tasks_are_counted(python: str, tmp_path: Path, channel: Path) -> None:
    source = """
import asyncio
async def wait(): await asyncio.sleep(60)
async def main(): await asyncio.gather(*(wait() for _ in range(20)))
asyncio.run(main())
"""
    with probed(python, script(tmp_path, source), channel) as run:
        if "3.14" in subprocess.run([python, "-V"], capture_output=True, text=True, check=True).stdout:
            pytest.skip("threads of 3.14 keep their own tasks")
        wait_for(lambda: [record for record in run.records() if record.tasks == 21])


def test_tasks_that_are_done_are_not_counted(python: str, tmp_path: Path, channel: Path) -> None:
    source = """
import asyncio
async def end(): pass
async def main():
    done = [asyncio.ensure_future(end()) for _ in range(500)]
    await asyncio.gather(*done)
    waiting = [asyncio.ensure_future(asyncio.sleep(60)) for _ in range(7)]
    await asyncio.gather(*waiting)
asyncio.run(main())
"""
    with probed(python, script(tmp_path, source), channel) as run:
        if version_of(python) >= (3, 14):
            pytest.skip("threads of 3.14 keep their own tasks")
        wait_for(lambda: [record for record in run.records() if record.tasks == 8])


def test_the_last_record_is_written_at_a_normal_end_only(python: str, tmp_path: Path, channel: Path) -> None:
    source = "import os, sys, time\ntime.sleep(.1)\nif len(sys.argv) > 1: os._exit(0)"
    with probed(python, script(tmp_path, source), channel) as run:
        assert run.process.wait() == 0
        assert run.records()[-1].flags == LAST
        assert {record.flags for record in run.records()[:-1]} == {0}
    with probed(python, script(tmp_path, source), channel, "abruptly") as run:
        assert run.process.wait() == 0
        assert run.records()
        assert run.records()[-1].flags == 0


def test_readings_survive_a_script_that_closes_everything(python: str, tmp_path: Path, channel: Path) -> None:
    source = """
import os, time
os.closerange(3, 4096)
taken = [os.dup(0) for _ in range(5)] + [os.dup2(0, n) for n in range(1000, 1003)]
while True: time.sleep(.01)
"""
    with probed(python, script(tmp_path, source), channel) as run:
        wait_for(lambda: len(run.records()) >= 10)
        assert not run.errors()


def test_a_collection_is_made_on_demand(python: str, tmp_path: Path, channel: Path) -> None:
    with probed(python, script(tmp_path, CYCLES), channel) as run:
        wait_until_made(run)
        seq = run.command(COLLECT)
        wait_for(lambda: [record for record in run.records() if record.flags & SETTLED])
        before = [record for record in run.records() if record.seq == 0]
        settled = next(record for record in run.records() if record.flags & SETTLED)
        assert settled.seq == seq
        assert settled.collections > before[-1].collections
        assert settled.blocks < max(record.blocks for record in before) - 300
        assert settled.pause_s > 0


def test_a_switched_off_collector_stays_off(python: str, tmp_path: Path, channel: Path) -> None:
    with probed(python, script(tmp_path, CYCLES), channel, "off") as run:
        wait_until_made(run)
        run.command(COLLECT)
        wait_for(lambda: [record for record in run.records() if record.flags & SETTLED])
        settled = next(record for record in run.records() if record.flags & SETTLED)
        assert settled.collections == run.records()[0].collections
        assert settled.pause_s == 0


def test_finalizers_run_on_the_main_thread(python: str, tmp_path: Path, channel: Path) -> None:
    source = """
import threading, time
class Cycle:
    def __del__(self): print(threading.current_thread().name, threading.active_count(), flush=True)
cycle = Cycle(); cycle.own = cycle; del cycle
print("made", flush=True)
while True: time.sleep(.01)
"""
    with probed(python, script(tmp_path, source), channel) as run:
        wait_until_made(run)
        run.command(COLLECT)
        assert run.process.stdout is not None
        assert run.process.stdout.readline() == "MainThread 1\n"


def test_a_main_thread_that_stays_in_c_is_not_waited_for(python: str, tmp_path: Path, channel: Path) -> None:
    with probed(python, script(tmp_path, "import time\ntime.sleep(600)"), channel) as run:
        wait_for(run.records)
        run.command(COLLECT)
        wait_for(lambda: [record for record in run.records() if record.flags & SETTLED])


def test_commands_for_others_and_of_the_past_are_ignored(python: str, tmp_path: Path, channel: Path) -> None:
    channel.mkdir()
    with probed(python, script(tmp_path, CYCLES), channel) as run:
        run.command(COLLECT, pid=1)
        wait_for(lambda: [record for record in run.records() if record.seq == 1])
        count = len(run.records())
        wait_for(lambda: len(run.records()) >= count + 5)
        assert not [record for record in run.records() if record.flags & SETTLED]
    with probed(python, script(tmp_path, CYCLES), channel) as run:
        wait_for(lambda: len(run.records()) >= 5)
        assert {record.seq for record in run.records()} == {1}


TICKS = """
import sys
package = type(sys)("_leakgate_probe"); package.__path__ = [sys.argv[1]]
sys.modules["_leakgate_probe"] = package
from _leakgate_probe import sampler
one = sampler.Sampler(sys.argv[2], 0.0)
one.open()
def tick(times):
    for _ in range(times):
        one._next_look = one._next_reading = 0.0
        one._step()
tick(500)
before = sys.getallocatedblocks()
tick(10_000)
print(sys.getallocatedblocks() - before)
"""


def test_ten_thousand_readings_keep_nothing(python: str, tmp_path: Path, channel: Path) -> None:
    channel.mkdir()
    command = [python, str(script(tmp_path, TICKS)), str(ENTRY.parent), str(channel)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 100  # free lists grow and shrink a little
    assert (next(channel.glob("gauges-*.bin")).stat().st_size - 32) // 72 == 10_501
