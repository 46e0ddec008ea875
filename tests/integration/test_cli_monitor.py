"""`leakgate monitor` with and without a terminal, ended by its time, by one Ctrl-C and by two."""

import contextlib
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.helpers.command_line import COMMAND, Answer, environment, leakgate
from tests.helpers.gate_project import copy_programs, leaking_line
from tests.helpers.real_runs import marked

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")
LEAK = "app/gate_python_leak.py"


@dataclass(frozen=True)
class Shown:
    """The output to a terminal, and the status."""

    raw: str
    status: int

    @property
    def lines(self) -> list[str]:
        """All text that was on the screen, without colours and cursor movements."""
        return [line for part in self.raw.splitlines() for line in ESCAPES.sub("", part).split("\r") if line.strip()]


def on_terminal(
    folder: Path, columns: int, *args: str, mark: str, interrupts: tuple[tuple[str, float], ...] = (), **extra: str
) -> Shown:
    """Run a command on its own terminal, which sends Ctrl-C some seconds after a word is on the screen."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    running = subprocess.Popen(
        [*COMMAND, *args],
        cwd=folder,
        env=environment(mark, TERM="xterm-256color", **extra),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    sent = b""
    due = list(interrupts)
    with contextlib.suppress(OSError):  # the terminal is gone when its last process has ended
        while part := os.read(master, 65_536):
            sent += part
            if due and due[0][0].encode() in sent:
                threading.Timer(due.pop(0)[1], running.send_signal, [signal.SIGINT]).start()
    os.close(master)
    return Shown(sent.decode(), running.wait(timeout=240))


@dataclass(frozen=True)
class Watched:
    """All runs, side by side."""

    folder: Path
    logged: Answer
    narrow: Shown
    interrupted: Shown
    twice: Shown


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("monitor")
    copy_programs(folder)
    kept = ("--output=sessions", "--json=results.json", "--rss-threshold=0.05", "--heap-threshold=100000000")
    with marked() as mark, ThreadPoolExecutor() as pool:
        logged = pool.submit(leakgate, folder, "monitor", LEAK, "--duration=12", "--interval=1", *kept, mark=mark)
        ended = ("monitor", "--duration=1m", "--interval=1", "app/gate_ends.py", "--", "6", "0")
        narrow = pool.submit(on_terminal, folder, 80, *ended, mark=mark)
        for_ever = ("monitor", LEAK, "--duration=0", "--interval=1")
        once = pool.submit(on_terminal, folder, 120, *for_ever, mark=mark, interrupts=(("RSS", 14.0),))
        at_once = (("RSS", 10.0), ("explaining", 0.0))
        twice = pool.submit(on_terminal, folder, 120, *for_ever, mark=mark, interrupts=at_once, NO_COLOR="1")
        yield Watched(folder, logged.result(), narrow.result(), once.result(), twice.result())


def test_a_log_gets_a_line_an_interval_and_the_verdict(watched: Watched) -> None:
    assert watched.logged.status == 1
    lines = watched.logged.stderr.splitlines()
    assert lines[0] == "gate_python_leak: watching for 12.0 s, or twice that if undecided"
    times_s = [float(found[1]) for line in lines if (found := re.search(r"([\d.]+) s +RSS ", line))]
    assert 5 <= len(times_s) <= times_s[-1] + 1, lines
    assert times_s == sorted(times_s)
    assert "\x1b" not in watched.logged.text
    place = f"gate_python_leak.py:{leaking_line('gate_python_leak.py')} in remember"
    assert place in " ".join(watched.logged.stdout.split())


def test_a_threshold_of_its_own_marks_rows(watched: Watched) -> None:
    alerts = [line for line in watched.logged.stderr.splitlines() if "ALERT" in line]
    assert alerts
    assert all(re.search(r"ALERT: RSS rose by \S+ \SB, the threshold is 50.0 KB$", line) for line in alerts)
    assert "rose by" not in watched.narrow.raw


def test_the_session_and_the_results_say_the_same_again(watched: Watched) -> None:
    for source in ("sessions", "results.json"):
        again = leakgate(watched.folder, "report", source)
        assert again.status == 1
        assert "gate_python_leak.py" in again.stdout
    results = json.loads((watched.folder / "results.json").read_text(encoding="utf-8"))
    assert results["scripts"][0]["verdict"] == "leak"
    assert leakgate(watched.folder, "report", "results.json").stdout == watched.logged.stdout


def test_arguments_after_two_dashes_are_the_scripts(watched: Watched) -> None:
    assert watched.narrow.status == 0
    assert any("PASS" in line for line in watched.narrow.lines)


def test_a_live_table_fits_the_terminal(watched: Watched) -> None:
    for shown, columns in ((watched.narrow, 80), (watched.interrupted, 120), (watched.twice, 120)):
        assert max(map(len, shown.lines)) <= columns
        text = "\n".join(shown.lines)
        for word in ("time", "RSS", "change", "rate", "heap", "watching"):
            assert word in text
        assert re.search(r"RSS [\d.]+ MB\s+[▁▂▃▄▅▆▇█]+", text)
    assert "\x1b[1m" in watched.narrow.raw
    assert "\x1b[?25h" in watched.narrow.raw  # the cursor is given back


def test_one_ctrl_c_ends_the_watch_and_explains(watched: Watched) -> None:
    assert watched.interrupted.status == 1
    text = " ".join(" ".join(watched.interrupted.lines).split())
    assert "explaining" in text
    assert f"gate_python_leak.py:{leaking_line('gate_python_leak.py')} in remember" in text


def test_two_ctrl_c_end_at_once(watched: Watched) -> None:
    assert watched.twice.status == 130
    assert "INTERRUPTED" in watched.twice.raw
    assert "Traceback" not in watched.twice.raw
    assert not re.search(r"\x1b\[[0-9;]*m", watched.twice.raw)  # NO_COLOR
