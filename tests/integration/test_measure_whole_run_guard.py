"""What a whole run is guarded by: nothing that a script leaves behind lives on, and leakgate's memory is its own."""

import subprocess
import sys

import pytest

from tests.helpers.real_runs import MARK, marked, wait_until_gone

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux adopts orphans and closes /proc")

GUARDED = """
import ctypes, subprocess, sys, time
from leakgate.measure.guard import guarded

STAYS = '''
import os, time
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
print("left behind", flush=True)
os.close(1)
time.sleep(600)
'''
before = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with guarded():
    left = subprocess.Popen([sys.executable, "-c", STAYS], stdout=subprocess.PIPE)
    print(left.communicate()[0].decode().strip())
    print("dumpable", ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
print("spared", before.poll() is None)
before.kill()
before.wait()
"""


def test_a_daemon_is_ended_what_was_there_before_is_spared_and_memory_is_hidden() -> None:
    with marked() as mark:
        done = subprocess.run(
            [sys.executable, "-c", GUARDED],
            capture_output=True,
            text=True,
            check=False,
            env={MARK: mark, "PYTHONPATH": ":".join(sys.path)},
        )
        assert wait_until_gone(mark) == []
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["left behind", "dumpable 0", "spared True"]
