"""The load generator compared with wrk, hey, aiohttp, httpx and locust: requests and processor time per request.

make bench-load

All of them load a trivial application under uvicorn (uvloop, httptools) over four connections, one after another, in
rounds. The application's processor time per request is measured too: it shows how busy the machine was.
"""

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

import psutil

from bench.runs.arms import end_on_sigterm
from bench.runs.environments import environment
from bench.runs.known_cases import BENCH
from bench.runs.table import Row, publish
from leakgate.load.order import order_text
from leakgate.model.load_spec import LoadSpec, RequestSpec

INSIDE: Final = BENCH / "inside"
REQUIREMENTS: Final = BENCH / "load-requirements.txt"
CONNECTIONS: Final = 4
OURS: Final = "leakgate"


@contextmanager
def server(python: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Start uvicorn with the trivial application; it stops when the block is left."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(python), "-m", "uvicorn", "trivial_app:app", "--port", str(port), "--no-access-log"]
    running = subprocess.Popen([*command, "--log-level", "warning"], cwd=INSIDE)
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", psutil.Process(running.pid)
    finally:
        running.terminate()
        running.wait()


def ours(folder: Path, url: str, seconds: float) -> dict[str, Any]:
    """Run leakgate's own generator, as leakgate runs it."""
    order, result = folder / "order.json", folder / "result.jsonl"
    load = LoadSpec(source=(RequestSpec(path="/"),), url=url, connections=CONNECTIONS)
    order.write_text(order_text(load, interval_s=0.1, processors=os.cpu_count() or 1), "utf-8")
    command = [sys.executable, "-P", "-m", "leakgate.load", str(order), str(result)]
    running = subprocess.Popen(command, stdin=subprocess.PIPE)
    time.sleep(seconds)
    assert running.stdin is not None
    running.stdin.close()
    _, _, usage = os.wait4(running.pid, 0)
    running.returncode = 0
    events = [json.loads(line) for line in result.read_text("utf-8").splitlines()]
    turns = [event for event in events if event["event"] == "turn"]
    requests = sum(expected for turn in turns for _, expected, _ in turn["counts"])
    took_s = turns[-1]["to_s"] - turns[0]["from_s"]
    ended = next(event for event in events if event["event"] == "ended")
    return {
        "requests": requests,
        "seconds": took_s,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "started_cpu_us": 1e6 * ended["cpu_s"] / max(1, requests),
        "peak_bytes": ended["peak_bytes"],
    }


def theirs(command: Sequence[str], seconds: float, requests_in: Callable[[str], int]) -> dict[str, Any]:
    """Run another tool, and measure the processor time of its whole process tree."""
    with tempfile.TemporaryFile("w+") as out:
        running = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, cwd=INSIDE)
        _, status, usage = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        requests = requests_in(out.read())
    return {"requests": requests, "seconds": seconds, "cpu_s": usage.ru_utime + usage.ru_stime}


def _number(pattern: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        found = re.findall(pattern, text, re.MULTILINE)
        if not found:
            raise SystemExit(f"no number of requests in: {text[-500:]}")
        return sum(int(one) for one in found)

    return read


def commands(python: Path, url: str, seconds: float) -> dict[str, tuple[list[str], Callable[[str], int]]]:
    """Return the commands of the other tools that are installed."""
    clients = str(INSIDE / "http_clients.py")
    whole = f"{seconds:.0f}s"
    found = {
        "wrk": (["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{whole}", f"{url}/"], _number(r"^\s*(\d+) requests in")),
        "hey": (["hey", "-c", str(CONNECTIONS), "-z", whole, f"{url}/"], _number(r"^\s*\[200\]\s+(\d+) responses")),
        "aiohttp": ([str(python), clients, "aiohttp", f"{url}/", str(seconds)], _number(r"^(\d+)$")),
        "httpx": ([str(python), clients, "httpx", f"{url}/", str(seconds)], _number(r"^(\d+)$")),
        "locust": (
            [
                *(str(python), "-m", "locust", "-f", "locustfile.py", "--headless", "--only-summary", "-H", url),
                *("-u", str(CONNECTIONS), "-r", str(CONNECTIONS), "-t", whole),
            ],
            _number(r"^\s*Aggregated\s+(\d+)\s+\d+\("),
        ),
    }
    return {name: one for name, one in found.items() if Path(one[0][0]).is_absolute() or shutil.which(one[0][0])}


def measure(rounds: int, seconds: float) -> list[dict[str, Any]]:
    """Run every tool in every round, and return the records."""
    python = environment("load", REQUIREMENTS, Path(sys.executable))
    records = []
    with server(python) as (url, process), tempfile.TemporaryDirectory() as folder:
        others = commands(python, url, seconds)
        for number in range(rounds):
            for name in (OURS, *others):
                before = sum(process.cpu_times()[:2])
                found = (
                    ours(Path(folder), url, seconds)
                    if name == OURS
                    else theirs(others[name][0], seconds, others[name][1])
                )
                served_s = sum(process.cpu_times()[:2]) - before
                one = {
                    "round": number,
                    "tool": name,
                    **found,
                    "per_s": found["requests"] / found["seconds"],
                    "cpu_us": 1e6 * found["cpu_s"] / max(1, found["requests"]),
                    "server_cpu_us": 1e6 * served_s / max(1, found["requests"]),
                }
                records.append(one)
                print(f"{name:9} {one['per_s']:8.0f}/s {one['cpu_us']:7.1f} us, server {one['server_cpu_us']:6.1f} us")
    return records


def summary(records: Sequence[dict[str, Any]]) -> list[Row]:
    """Return the medians over the rounds."""
    rows = []
    for name in dict.fromkeys(one["tool"] for one in records):
        mine = [one for one in records if one["tool"] == name]
        per_s, cpu_us = (median(one[key] for one in mine) for key in ("per_s", "cpu_us"))
        bar = "at least 5,000/s at 60 us" if name == OURS else ""
        started = [one["started_cpu_us"] for one in mine if "started_cpu_us" in one]
        without = f" ({median(started):.0f} us without the start of the program)" if started else ""
        rows.append(Row(name, f"{per_s:,.0f} requests/s, {cpu_us:.0f} us of processor a request{without}", bar))
    return rows


def main() -> None:
    """Run the bench and print its table."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    records = measure(options.rounds, options.seconds)
    missing = [f"{name} is not installed here" for name in ("wrk", "hey") if not shutil.which(name)]
    publish("load", "Load generators", summary(records), records, missing)


if __name__ == "__main__":
    main()
