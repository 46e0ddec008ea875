"""Waits of the probe do not end because the whole process stood still: the clock alone, and with a stopped program."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from leakgate.probe import awake
from leakgate.probe.system import system
from tests.probe.probe_tools import EXPLAIN, EXPLAINING, probed, wait_for

RESOURCES, WINDOW_S, STOPPED_S = 8, 0.8, 1.6
KEEPS = """
import time
KEPT = []
while True:
    time.sleep(0.2)
    KEPT.append(open(__file__))
"""


def test_a_stop_counts_as_a_short_time_and_a_slow_look_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    times_s = iter((100.0, 100.0, 100.05, 100.25, 160.25, 160.3))
    monkeypatch.setattr(system, "monotonic", lambda: next(times_s))
    awake.awake_s()
    began_s = awake.awake_s()
    assert [awake.awake_s() - began_s for _ in range(4)] == pytest.approx([0.05, 0.25, 0.5, 0.55])


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="POSIX")
def test_a_program_that_stood_still_during_the_window_is_looked_at_for_as_long(tmp_path: Path, channel: Path) -> None:
    script = tmp_path / "keeps.py"
    script.write_text(KEEPS)
    with probed(sys.executable, script, channel) as run:
        wait_for(lambda: len(run.records()) > 5)
        seq = run.command(EXPLAIN, RESOURCES, 0, WINDOW_S)
        wait_for(lambda: any(record.flags & EXPLAINING for record in run.records()))
        os.kill(run.pid, signal.SIGSTOP)
        time.sleep(STOPPED_S)
        os.kill(run.pid, signal.SIGCONT)
        answer = channel / f"explain-{run.pid}-{seq}.jsonl"
        wait_for(answer.exists)
        assert '"kind":"resource"' in answer.read_text(encoding="utf-8")
