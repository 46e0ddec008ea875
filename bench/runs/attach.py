"""The cost of `leakgate attach --method gdb` for a server: requests per second and processor time per request, paired.

make bench-attach. Windows alternate: not watched, watched, watched, not watched. The ratio of two adjacent windows is
one observation; the table has the median of all and its 95 % confidence interval. A watched window begins when leakgate
has shown its first reading, so it includes neither the start of leakgate nor gdb. The kernel counts the processor time
of the server alone, which other processes change little. Then: a visit with an explanation from its start to its end,
several visits in a row, and how long a probe stays after leakgate is killed.
"""

import argparse
import contextlib
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from math import comb
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psutil

from bench.runs.arms import listen_to_interrupts
from bench.runs.environments import find_python
from bench.runs.table import Row, publish
from leakgate.measure.attached import AttachedProcess
from leakgate.measure.channel import open_channel
from leakgate.measure.gdb_entry import GdbInjector
from leakgate.measure.guests import Guests
from leakgate.targets.running import look_at_process

SERVER = Path(__file__).parents[1] / "inside" / "answering_server.py"
CONNECTIONS = 2
GOAL = 0.95
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
SETTLE_S = 1.0
ERROR = 0.025
"""Share of the cases in which the median lies below its interval, and in which it lies above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The work of the server during some seconds."""

    requests: int
    failed: int
    seconds: float
    cpu_s: float
    probe_s: float = 0.0
    """Processor time of the threads of the server other than its main thread: of the probe."""
    watcher_s: float = 0.0
    """Processor time of leakgate."""

    @property
    def per_s(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    @property
    def cpu_us(self) -> float:
        """Processor time a request, in microseconds."""
        return 1e6 * self.cpu_s / self.requests


class Load:
    """Keep-alive connections that send a request as soon as the last one is answered."""

    def __init__(self, port: int) -> None:
        self.answered = self.failed = 0
        self._port = port
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(CONNECTIONS)]
        for thread in self._threads:
            thread.start()

    def _ask(self) -> None:
        with socket.create_connection(("127.0.0.1", self._port), timeout=30) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while not self._stop.is_set():
                connection.sendall(REQUEST)
                if connection.recv(200).endswith(b"ok"):
                    self.answered += 1
                else:
                    self.failed += 1

    def window(self, server: psutil.Process, seconds: float, watcher: int = 0) -> Window:
        """Count requests and processor time for some seconds. ``watcher``: PID of leakgate; 0 if it does not run."""
        before, failed, at = self.answered, self.failed, time.monotonic()
        threads, watched = thread_times(server.pid), sum(thread_times(watcher).values())
        time.sleep(seconds)
        used = {thread: cpu_s - threads.get(thread, 0.0) for thread, cpu_s in thread_times(server.pid).items()}
        return Window(
            requests=self.answered - before,
            failed=self.failed - failed,
            seconds=time.monotonic() - at,
            cpu_s=sum(used.values()),
            probe_s=sum(cpu_s for thread, cpu_s in used.items() if thread != server.pid),
            watcher_s=sum(thread_times(watcher).values()) - watched,
        )

    def stop(self) -> None:
        """Stop the threads."""
        self._stop.set()
        for thread in self._threads:
            thread.join()


def thread_times(pid: int) -> dict[int, float]:
    """Return the processor time of each thread of a process in seconds; empty for PID 0."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir() if pid else ():
        with contextlib.suppress(OSError):  # the thread has just ended
            found[int(task.name)] = int((task / "schedstat").read_text().split()[0]) / 1e9
    return found


def median_text(values: list[float]) -> str:
    """Return the median of the values and its confidence interval (between two of them, by the sign test)."""
    ordered, count = sorted(values), len(values)
    cut, below = 0, 0.0
    while (below := below + comb(count, cut) / 2**count) <= ERROR:
        cut += 1
    at = max(cut, 1)
    return f"{median(ordered):.3f} ({ordered[at - 1]:.3f} to {ordered[-at]:.3f})"


@contextlib.contextmanager
def server(python: Path, *options: str) -> Iterator[tuple[psutil.Process, Load]]:
    """A server with its load."""
    started = subprocess.Popen([str(python), str(SERVER), *options], stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    load = Load(int(started.stdout.readline()))
    try:
        yield psutil.Process(started.pid), load
    finally:
        load.stop()
        started.kill()
        started.communicate()


def attach(pid: int, *options: str, folder: str) -> "subprocess.Popen[bytes]":
    """Start `leakgate attach`; return when it watches."""
    command = [sys.executable, "-m", "leakgate", "attach", str(pid), "--method", "gdb", "--interval", "1", *options]
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=folder)
    assert started.stderr is not None
    said = b""
    while line := started.stderr.readline():
        said += line
        if b"RSS" in line:
            return started
    raise RuntimeError(f"it did not begin to watch: {said.decode()}")


def paired(python: Path, pairs: int, seconds: float) -> list[tuple[Window, Window]]:
    """Return pairs (not watched, watched) from one server, measured in alternating order."""
    found = []
    with TemporaryDirectory() as folder, server(python) as (process, load):
        time.sleep(SETTLE_S)
        for number in range(pairs):
            alone = load.window(process, seconds) if number % 2 == 0 else None
            watcher = attach(process.pid, "--duration", "0", "--trace", "never", folder=folder)
            watched = load.window(process, seconds, watcher.pid)
            watcher.send_signal(signal.SIGINT)
            watcher.communicate()
            found.append((alone or load.window(process, seconds), watched))
    return found


def explained(python: Path) -> tuple[Window, Window, int]:
    """Watch a leaking server: return a window alone, a whole visit with its explanation, and the exit code."""
    with TemporaryDirectory() as folder, server(python, "leak") as (process, load):
        time.sleep(SETTLE_S)
        alone = load.window(process, 10)
        cpu, answered, failed, at = sum(process.cpu_times()[:2]), load.answered, load.failed, time.monotonic()
        watcher = attach(process.pid, "--duration", "30", folder=folder)
        watcher.communicate()
        visit = Window(
            requests=load.answered - answered,
            failed=load.failed - failed,
            seconds=time.monotonic() - at,
            cpu_s=sum(process.cpu_times()[:2]) - cpu,
        )
        return alone, visit, watcher.returncode


def in_a_row(python: Path, visits: int) -> tuple[int, float]:
    """Return failed requests, and processor time per request before the visits over that after them."""
    with server(python) as (process, load):
        time.sleep(SETTLE_S)
        before = load.window(process, 5)
        for _ in range(visits):
            facts = look_at_process(process.pid)
            assert facts is not None
            guests = Guests(facts, GdbInjector(), follows_children=False)
            attached = AttachedProcess(process)
            with open_channel() as channel:
                guests.enter(attached, channel, 0.1)
                guests.leave(attached)
        after = load.window(process, 5)
        return load.failed, before.cpu_us / after.cpu_us


def stays_s(python: Path) -> float:
    """Return the seconds that the probe's thread stays after leakgate is killed."""
    with TemporaryDirectory() as folder, server(python) as (process, _):
        alone = process.num_threads()
        watcher = attach(process.pid, "--duration", "0", folder=folder)
        watcher.kill()
        killed = time.monotonic()
        watcher.communicate()
        while process.num_threads() > alone:
            time.sleep(0.01)
        return time.monotonic() - killed


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--visits", type=int, default=20)
    parser.add_argument("--pythons", default="3.9,3.13")
    asked = parser.parse_args()
    listen_to_interrupts()
    rows, records = [], []
    for version in asked.pythons.split(","):
        python = find_python(version)
        pairs = paired(python, asked.pairs, asked.seconds)
        rates = [watched.per_s / alone.per_s for alone, watched in pairs]
        costs = [alone.cpu_us / watched.cpu_us for alone, watched in pairs]
        probe = [watched.probe_s / watched.seconds for _, watched in pairs]
        watcher = [watched.watcher_s / watched.seconds for _, watched in pairs]
        alone, visit, status = explained(python)
        failed, afterwards = in_a_row(python, asked.visits)
        stays = [stays_s(python) for _ in range(3)]
        lost = failed + sum(one.failed for pair in pairs for one in pair) + visit.failed
        rows += [
            Row(f"{version}: requests a second, watched over not watched (median of {len(rates)} pairs, 95 % interval)",
                median_text(rates), f"{GOAL}"),
            Row(f"{version}: requests for each second of the server's processor time, watched over not watched",
                median_text(costs), f"{GOAL}"),
            Row(f"{version}: processor time of the probe's thread and of leakgate while it watches",
                f"{1e3 * median(probe):.1f} and {1e3 * median(watcher):.1f} ms a second", ""),
            Row(f"{version}: the same over a whole visit to a leak, with its explanation (status {status})",
                f"{alone.cpu_us / visit.cpu_us:.3f} in {visit.seconds:.0f} s", ""),
            Row(f"{version}: the same after {asked.visits} visits over before", f"{afterwards:.3f}", ""),
            Row(f"{version}: requests that failed", str(lost), "0"),
            Row(f"{version}: the probe is gone after leakgate was killed", f"{max(stays):.1f} s at most", "5 s"),
        ]  # fmt: skip
        records.append({"python": version, "rates": rates, "costs": costs, "probe": probe, "watcher": watcher,
                        "stays_s": stays, "failed": lost,
                        "explained": alone.cpu_us / visit.cpu_us, "status": status,
                        "afterwards": afterwards})  # fmt: skip
    publish("attach", "Visits to a running server", rows, records)


if __name__ == "__main__":
    main()
