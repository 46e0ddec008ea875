"""How children ended, seen by a process that is not their parent. Real processes."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from leakgate.measure.exits import ChildExit, ExitWatch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs pidfd_open")


@pytest.fixture
def exits() -> Iterator[ExitWatch]:
    watch = ExitWatch(lambda: "its last words")
    yield watch
    watch.close()


def ended(watch: ExitWatch, count: int) -> list[ChildExit]:
    found: list[ChildExit] = []
    until_s = time.monotonic() + 120
    while len(found) < count and time.monotonic() < until_s:
        found += watch.ended()
        time.sleep(0.02)
    return found


def test_status_and_signal_of_processes_that_nothing_has_waited_for(exits: ExitWatch) -> None:
    scripts = ("input()", "input(); raise SystemExit(3)", "input(); import os; os.kill(os.getpid(), 9)")
    children = [subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE) for script in scripts]
    for child in children:
        exits.follow(child.pid)
        exits.follow(child.pid)
    for child in children:
        assert child.stdin is not None
        child.stdin.write(b"\n")
        child.stdin.close()
    found = {one.pid: (one.status, one.last_words) for one in ended(exits, 3)}
    assert [found[child.pid] for child in children] == [(0, ""), (3, "its last words"), (-9, "")]
    for child in children:
        child.wait()


def test_a_process_that_is_gone_is_not_followed(exits: ExitWatch) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    exits.follow(child.pid)
    assert exits.ended() == []
