"""The code that creates descriptors, threads, tasks and child processes which pile up, found in real programs."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from leakgate.probe import carry
from leakgate.probe.audit import starts_process
from tests.helpers.answer_rows import notes, of_kind
from tests.probe.conftest import INTERPRETERS
from tests.probe.probe_tools import PATIENCE_S, RESOURCES, Run, probed, wait_for

MOST_FOR_A_MOMENT = 2
"""A look may end while `Popen` has both ends of a pipe open, or while a file is open that is closed at once."""
SCRIPTS = Path(__file__).parent.parent / "scripts"
ENDED = ("children", "process that has ended and is not waited for")
Rows = list[dict[str, Any]]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="descriptors and children are listed in /proc")


def resources(run: Run, seconds: float = 1.0, enough: Callable[[Rows], object] = bool) -> Rows:
    """The rows of the first look that is ``enough``: usually the first one that saw a resource."""
    wait_for(lambda: len(run.records()) > 5)
    answer = run.explain_until(lambda rows: enough(of_kind(rows, "resource", "note")), RESOURCES, seconds)
    return of_kind(answer, "resource", "note")


def makers(rows: Rows, script: str) -> dict[tuple[str, str], dict[str, int]]:
    """How many of each kind each function of the script created; an empty name if the function is not known."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for row in rows:
        if row["kind"] == "resource":
            own = [frame[2].rpartition(".")[2] for frame in row["frames"] if frame[0].endswith(script)]
            counts = found.setdefault((row["metric"], row["what"]), {})
            counts[own[0] if own else ""] = counts.get(own[0] if own else "", 0) + row["count"]
    return found


def piled_up(counts: dict[str, int]) -> set[str]:
    """The functions that made more than may exist for a moment when a look begins or ends."""
    return {name for name, count in counts.items() if count > MOST_FOR_A_MOMENT}


def is_whole(rows: Rows) -> bool:
    """Whether a look saw most rounds of the program. It counts resources whose creator need not be known."""
    found = makers(rows, "target_pileup.py")
    rounds = sum(found.get(("fds", "epoll"), {}).values())
    return rounds > 2 * MOST_FOR_A_MOMENT + 1 and "forget_child" in found.get(ENDED, {})


def test_each_kind_is_told_with_the_function_that_keeps_it(python: str, channel: Path) -> None:
    with probed(python, SCRIPTS / "target_pileup.py", channel) as run:
        rows = resources(run, enough=is_whole)
        assert run.errors() == ""
    found = makers(rows, "target_pileup.py")
    assert piled_up(found["fds", "file"]) == {"keep_file", "keep_unnamed_file", "keep_descriptor"}
    assert piled_up(found["fds", "folder"]) == {"keep_folder"}
    assert piled_up(found["fds", "socket (AF_INET, SOCK_DGRAM)"]) == {"keep_socket"}
    assert piled_up(found["fds", "pipe"]) == {"keep_pipe"}
    assert piled_up(found["fds", "epoll"]) == {""}
    assert piled_up(found["tasks", "idle"]) == {"keep_task"}
    assert found[ENDED].keys() >= {"forget_child"}
    assert found["children", "process"].keys() >= {"keep_child"}
    knows_starts = any(INTERPRETERS.get(f"3.{minor}") == python for minor in range(12, 20))
    assert piled_up(found["threads", "wait"]) == ({"keep_thread"} if knows_starts else {""})


def test_a_process_that_subprocess_starts_through_the_hook_of_the_probe_counts_once() -> None:
    """From Python 3.13 on, `Popen` calls `os.posix_spawn` by default, which the probe replaces."""
    popen = ("/usr/lib/python3.13/subprocess.py", 1800, "Popen._posix_spawn")
    assert not starts_process("os.posix_spawn", ((carry.__file__, 40, "spawn"), popen))
    assert not starts_process("os.posix_spawn", (popen,))
    assert starts_process("os.posix_spawn", ((carry.__file__, 40, "spawn"), ("/home/me/jobs.py", 3, "start")))
    assert starts_process("subprocess.Popen", (popen,))


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
        rows = resources(run, enough=lambda rows: of_kind(rows, "resource"))
        assert run.process.poll() is None
        assert notes(rows) == ["leakgate did not look for lines that open files and sockets: ValueError"]
        counted = of_kind(rows, "resource")
        assert [(row["metric"], row["what"], row["frames"]) for row in counted] == [("fds", "file", [])]


def test_it_can_be_asked_twice_and_is_deaf_in_between(channel: Path, tmp_path: Path) -> None:
    script = tmp_path / "opening.py"
    script.write_text(QUIET)
    with probed(sys.executable, script, channel) as run:
        first = resources(run, 0.5)
        before = open_files(run.pid, script)
        wait_for(lambda: open_files(run.pid, script) > before + 10)
        between = open_files(run.pid, script)
        second = resources(run, 0.5)
        after = open_files(run.pid, script)
        for rows, most in ((first, before), (second, after - between)):
            counts = makers(rows, "opening.py")["fds", "file"]
            assert counts.keys() - {""} == {"<module>"}
            assert counts["<module>"] <= most


def open_files(pid: int, path: Path) -> int:
    """How often a process has a file open."""
    count = 0
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # it was closed in the meantime
            count += link.readlink() == path.resolve()
    return count


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
        wait_for(lambda: len(run.records()) > 5)
        run.explain(RESOURCES, 1.0)
        lines = Path(f"/proc/{run.pid}/status").read_text().splitlines()
    (peak_kb,) = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    assert peak_kb < 100_000, "each text has 1.9 MB"


AFTERWARDS = """
import os, signal, sys, threading
class Bell(Exception):
    pass
def ring(*_):
    raise Bell
signal.signal(signal.SIGALRM, ring)
rung = 0
while rung < 100 or not os.path.exists(sys.argv[1]):
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.0005)
        while True:
            open(__file__).close()
    except Bell:
        rung += 1
print("rung")
"""


def test_what_a_signal_handler_raises_reaches_the_program(channel: Path, tmp_path: Path) -> None:
    script = tmp_path / "alarmed.py"
    script.write_text(AFTERWARDS)
    enough = tmp_path / "enough"
    with probed(sys.executable, script, channel, str(enough)) as run:
        wait_for(lambda: len(run.records()) > 5)
        run.explain(RESOURCES, 1.0)
        enough.touch()
        assert run.process.wait(timeout=PATIENCE_S) == 0
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
        rows = resources(run, enough=lambda rows: ("fds", "file") in makers(rows, "forking.py"))
        assert run.process.poll() is None
        assert makers(rows, "forking.py")["fds", "file"].keys() - {""} == {"<module>"}


LEAN = """
import os, sys, time
while not os.path.exists(sys.argv[1]):
    time.sleep(0.01)
print(*sorted(sys.modules))
"""


def test_nothing_is_loaded_into_the_program_for_it(channel: Path, tmp_path: Path) -> None:
    script = tmp_path / "lean.py"
    script.write_text(LEAN)
    enough = tmp_path / "enough"
    with probed(sys.executable, script, channel, str(enough)) as run:
        wait_for(lambda: len(run.records()) > 5)
        run.explain(RESOURCES, 0.5)
        enough.touch()
        out, _ = run.process.communicate(timeout=PATIENCE_S)
    command = [sys.executable, str(script), str(enough)]
    plain = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    more = set(out.split()) - set(plain.stdout.split())
    assert not more & {"socket", "_socket", "asyncio", "threading", "subprocess", "pickle"}
