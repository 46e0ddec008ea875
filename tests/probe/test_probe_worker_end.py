"""A worker of a pool that ends during a search for holders finishes the answer first."""

from pathlib import Path

from tests.helpers.answer_rows import of_kind, read_rows
from tests.probe.probe_tools import EXPLAIN, EXPLAINING, HOLDERS, probed, wait_for

POOL = """
import multiprocessing, os, sys, time
KEPT = []
def work(stop):
    while not os.path.exists(stop):
        KEPT.append("%d" % len(KEPT) * 10)
        time.sleep(.001)
if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1) as pool:
        pool.map(work, [sys.argv[1]])
        time.sleep(600)
"""
LONG_S = 600.0
"""Seconds. Without the end of the worker, its answer would take longer than any test waits."""
STEPS = 50
"""Readings of the probe after which its first count of all objects is over: it takes a few steps between readings."""


def test_a_worker_that_ends_finishes_its_answer(python: str, tmp_path: Path, channel: Path) -> None:
    script, stop = tmp_path / "script.py", tmp_path / "stop"
    script.write_text(POOL)
    with probed(python, script, channel, str(stop)) as run:
        wait_for(lambda: len(run.pids()) == 2)
        worker = (run.pids() - {run.pid}).pop()
        seq = run.command(EXPLAIN, HOLDERS, worker, LONG_S)
        wait_for(lambda: sum(bool(one.flags & EXPLAINING) for one in run.records(worker)) > STEPS)
        stop.touch()
        path = channel / f"explain-{worker}-{seq}.jsonl"
        wait_for(path.exists)
        answer = read_rows(path)
        assert answer[-1]["kind"] == "end"
        (kept,) = [row for row in of_kind(answer, "holder") if row["path"].endswith("KEPT")]
        assert kept["lengths"] == sorted(set(kept["lengths"]))
        assert not run.errors()
