"""Who makes the descriptors, threads, tasks and child processes that pile up, asked of real programs."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.probe.conftest import INTERPRETERS
from tests.probe.probe_tools import Run, probed, wait_for

RESOURCES = 8
SCRIPTS = Path(__file__).parent.parent / "scripts"
ENDED = ("children", "process that has ended and is not waited for")
Rows = list[dict[str, Any]]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="descriptors and children are listed in /proc")


def resources(run: Run, seconds: float = 1.5) -> Rows:
    wait_for(lambda: len(run.records()) > 20)
    return [row for row in run.explain(RESOURCES, seconds) if row["kind"] in ("resource", "note")]


def makers(rows: Rows, script: str) -> dict[tuple[str, str], set[str]]:
    """The functions of the script that make each kind; an empty name where nobody is known.

    Of something that was being made when the look began, nobody is known: that may be one beside the others.
    """
    found: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        own = [frame[2].rpartition(".")[2] for frame in row["frames"] if frame[0].endswith(script)]
        found.setdefault((row["metric"], row["what"]), set()).add(own[0] if own else "")
    return {key: names - {""} or names for key, names in found.items()}


def held_by(rows: Rows, function: str) -> int:
    """How many resources the looks found that ``function`` made."""
    return sum(row["count"] for row in rows if any(frame[2].endswith(function) for frame in row["frames"]))


def test_each_kind_is_told_with_the_function_that_keeps_it(python: str, channel: Path) -> None:
    looks = 1
    with probed(python, SCRIPTS / "target_pileup.py", channel) as run:
        rows = resources(run)
        while "forget_child" not in makers(rows, "target_pileup.py").get(ENDED, ()) and len(rows) < 1_000:
            rows += resources(run)  # a busy machine may give the program no whole round in a look
            looks += 1
        assert run.errors() == ""
    found = makers(rows, "target_pileup.py")
    assert found["fds", "file"] - {"close_file"} == {"keep_file", "keep_unnamed_file", "keep_descriptor"}
    assert held_by(rows, "close_file") <= looks, "a look may end while the file is open, and then sees it once"
    assert found["fds", "folder"] == {"keep_folder"}
    assert found["fds", "socket (AF_INET, SOCK_DGRAM)"] == {"keep_socket"}
    assert found["fds", "pipe"] == {"keep_pipe"}
    assert found["fds", "epoll"] == {""}
    assert found[ENDED] >= {"forget_child"}
    assert found["children", "process"] >= {"keep_child"}
    assert found["tasks", "idle"] == {"keep_task"}
    knows_starts = any(INTERPRETERS.get(f"3.{minor}") == python for minor in range(12, 20))
    assert found["threads", "wait"] == ({"keep_thread"} if knows_starts else {""})
    assert sum(row["count"] for row in rows) > len(rows)


QUIET = """
import sys, time
heard = []
def hook(event, arguments):
    if event == "open":
        heard.append(sys.getsizeof(arguments))
def refuse(event, arguments):
    if event == "sys._getframe" and armed:
        raise ValueError("not here")
armed = False
sys.addaudithook(refuse if len(sys.argv) > 1 else hook)
armed = True
kept = []
for round in range(10_000):
    kept.append(open(__file__))
    time.sleep(0.05)
"""


def test_a_program_whose_own_hook_refuses_goes_on(channel: Path, tmp_path: Path) -> None:
    script = tmp_path / "refusing.py"
    script.write_text(QUIET)
    with probed(sys.executable, script, channel, "refuse") as run:
        rows = resources(run)
        assert run.process.poll() is None
        assert [row["text"] for row in rows if row["kind"] == "note"] == [
            "who opens files and sockets was not looked for: ValueError"
        ]
        counted = [row for row in rows if row["kind"] == "resource"]
        assert [(row["metric"], row["what"], row["frames"]) for row in counted] == [("fds", "file", [])]


def test_it_can_be_asked_twice_and_is_deaf_in_between(channel: Path, tmp_path: Path) -> None:
    script = tmp_path / "opening.py"
    script.write_text(QUIET)
    with probed(sys.executable, script, channel) as run:
        first, second = resources(run, 0.5), resources(run, 0.5)
        assert all(row["count"] < 40 for row in (*first, *second))
        assert makers(first, "opening.py") == makers(second, "opening.py") == {("fds", "file"): {"<module>"}}


MISTAKEN = """
import itertools, time
for number in itertools.count():
    try:
        open("no path but a text " * 100_000 + str(number))
    except OSError:
        time.sleep(0.002)
"""


def test_what_a_program_takes_for_a_path_is_not_kept(channel: Path, tmp_path: Path) -> None:
    script = tmp_path / "mistaken.py"
    script.write_text(MISTAKEN)
    with probed(sys.executable, script, channel) as run:
        resources(run)
        lines = Path(f"/proc/{run.pid}/status").read_text().splitlines()
    (peak_kb,) = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    assert peak_kb < 100_000, "each text has 1.9 MB"


AFTERWARDS = """
import signal, sys, threading, time
class Bell(Exception):
    pass
def ring(*_):
    raise Bell
signal.signal(signal.SIGALRM, ring)
rung = 0
until = time.monotonic() + 3
while time.monotonic() < until:
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.0005)
        while True:
            open(__file__).close()
    except Bell:
        rung += 1
print("rung" if rung > 100 else rung)
"""


def test_what_a_signal_handler_raises_reaches_the_program(channel: Path, tmp_path: Path) -> None:
    script = tmp_path / "alarmed.py"
    script.write_text(AFTERWARDS)
    with probed(sys.executable, script, channel) as run:
        wait_for(lambda: len(run.records()) > 5)
        run.explain(RESOURCES, 1.0)
        assert run.process.wait(timeout=30) == 0
        assert run.process.stdout is not None
        assert run.process.stdout.read() == "rung\n"


FORKS = """
import os, sys, time
kept = []
while True:
    kept.append(open(__file__))
    pid = os.fork()
    if pid == 0:
        depth = sys.get_coroutine_origin_tracking_depth()
        open(__file__).close()
        os._exit(depth)
    assert os.waitpid(pid, 0)[1] == 0
    time.sleep(0.05)
"""


def test_a_forked_child_is_left_alone(channel: Path, tmp_path: Path) -> None:
    script = tmp_path / "forking.py"
    script.write_text("import asyncio\n" + FORKS)
    with probed(sys.executable, script, channel) as run:
        rows = resources(run, 1.0)
        assert run.process.poll() is None
        assert makers(rows, "forking.py")["fds", "file"] == {"<module>"}


def test_nothing_is_loaded_into_the_program_for_it(channel: Path, tmp_path: Path) -> None:
    script = tmp_path / "lean.py"
    script.write_text("import sys, time\nfor _ in range(150):\n    time.sleep(0.02)\nprint(*sorted(sys.modules))\n")
    with probed(sys.executable, script, channel) as run:
        resources(run, 0.5)
        out, _ = run.process.communicate(timeout=30)
    plain = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=30)
    more = set(out.split()) - set(plain.stdout.split())
    assert not more & {"socket", "_socket", "asyncio", "threading", "subprocess", "pickle"}
