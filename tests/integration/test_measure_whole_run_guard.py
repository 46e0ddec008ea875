"""The guard of a whole run: no process of a script survives it, and scripts cannot read leakgate's memory."""

import os
import subprocess
import sys
from pathlib import Path

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


STAYS_WHILE_IT_STORES = """
import sys, time
from leakgate.archive import write_session
from leakgate.__main__ import main

def stays(folder, session):
    print("storing", flush=True)
    time.sleep(600)

write_session.write_session = stays
sys.argv = ["leakgate", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize(
    "command",
    [("monitor", "--duration", "1s", "--output", "kept", "work.py"), ("call", "work:call", "--output", "kept")],
)
def test_kill_9_after_the_program_has_ended_and_before_the_session_is_stored_leaves_no_folder(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "work.py").write_text("def call():\n    return sum(range(100))\n", encoding="utf-8")
    with marked() as mark:
        leakgate = subprocess.Popen(
            [sys.executable, "-c", STAYS_WHILE_IT_STORES, *command],
            cwd=tmp_path,
            env={**os.environ, MARK: mark, "TMPDIR": str(tmp_path / "tmp")},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert leakgate.stdout is not None
        while leakgate.stdout.readline() not in ("storing\n", ""):
            pass
        stored = [path.name for path in (tmp_path / "tmp").glob("leakgate-run-*/leakgate-logs-*/*")]
        leakgate.kill()
        leakgate.communicate()
        assert wait_until_gone(mark) == []
    assert "stdout.log" in stored
    assert list((tmp_path / "tmp").iterdir()) == []
