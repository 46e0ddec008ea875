"""The cost of leakgate for a server: answered requests per second of the server's processor time, with and without it.

make bench-overhead-server

Two servers run the same trivial application under uvicorn at the same time: one alone, one under `leakgate run`, as
users run it, with the probe inside and the watch outside. The same client sends requests to them in turn, in short
windows. So both windows of a pair are measured under the same conditions. The ratio of a pair is the requests per
second of processor time with leakgate, divided by those without. Every request makes some objects, and keeps none.
"""

import argparse
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
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
BAR: Final = 0.98
WARM_S: Final = 5.0
"""Leakgate looks for processes, and the application fills its caches, in the first seconds."""
PATIENCE_S: Final = 60.0
CONNECTIONS: Final = 4


@contextmanager
def servers(python: Path, seconds: float) -> Iterator[dict[str, tuple[str, psutil.Process]]]:
    """Start both servers, and yield the address and the process of each; they stop at the end of the block."""
    ports = {"plain": _free_port(), "leakgate": _free_port()}
    words = {name: _words(python, port) for name, port in ports.items()}
    with tempfile.TemporaryDirectory(prefix="leakgate-bench-") as folder:
        config = Path(folder, "leakgate.yaml")
        ready = {"port": str(ports["leakgate"]), "timeout": "60s"}
        script = {"name": "server", "command": words["leakgate"], "cwd": str(INSIDE), "ready": ready}
        script |= {"python": str(python), "duration": f"{seconds:.0f}s"}
        config.write_text(json.dumps({"version": 1, "scripts": [script]}), "utf-8")
        command = [sys.executable, "-m", "leakgate", "run", "-c", str(config), "--quiet", "--no-baseline"]
        running = [
            subprocess.Popen(words["plain"], cwd=INSIDE),
            subprocess.Popen(command, stdout=subprocess.DEVNULL),
        ]
        try:
            yield {name: (f"http://127.0.0.1:{port}", _listener(port)) for name, port in ports.items()}
        finally:
            for one in running:
                one.terminate()
                one.wait()


def _words(python: Path, port: int) -> list[str]:
    words = [str(python), "-m", "uvicorn", "trivial_app:app", "--port", str(port)]
    return [*words, "--no-access-log", "--log-level", "warning"]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _listener(port: int) -> psutil.Process:
    """Return the process that listens on a port. Raises SystemExit if none does in time."""
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        for one in psutil.net_connections(kind="tcp"):
            if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port and one.pid:
                return psutil.Process(one.pid)
        time.sleep(0.1)
    raise SystemExit(f"no server listens on port {port}")


def window(url: str, process: psutil.Process, seconds: float, folder: Path) -> dict[str, float]:
    """Send requests to one server for a while. Return the answered requests, and the processor time of the server."""
    order, result = folder / "order.json", folder / "result.jsonl"
    result.unlink(missing_ok=True)
    load = LoadSpec(source=(RequestSpec(path="/"),), url=url, connections=CONNECTIONS)
    order.write_text(order_text(load, interval_s=0.1, processors=os.cpu_count() or 1), "utf-8")
    command = [sys.executable, "-P", "-m", "leakgate.load", str(order), str(result)]
    before_s = _cpu_s(process)
    client = subprocess.Popen(command, stdin=subprocess.PIPE)
    time.sleep(seconds)
    client.communicate()
    cpu_s = _cpu_s(process) - before_s
    events = [json.loads(line) for line in result.read_text("utf-8").splitlines()]
    answered = sum(expected for one in events if one["event"] == "turn" for _, expected, _ in one["counts"])
    return {"requests": answered, "cpu_s": cpu_s, "per_cpu_s": answered / cpu_s}


def _cpu_s(process: psutil.Process) -> float:
    user_s, system_s, *_ = process.cpu_times()
    return float(user_s + system_s)


def measure(pairs: int, seconds: float) -> list[dict[str, Any]]:
    """Measure the servers in pairs of windows, in random order within a pair."""
    python = environment("load", REQUIREMENTS, Path(sys.executable))
    whole_s = WARM_S + pairs * 2 * (seconds + 2.0) + PATIENCE_S
    chance = random.Random(0)  # noqa: S311 - only the order
    records: list[dict[str, Any]] = []
    with servers(python, whole_s) as both, tempfile.TemporaryDirectory() as folder:
        for name in both:
            window(*both[name], WARM_S, Path(folder))
        for number in range(pairs):
            names = chance.sample(list(both), len(both))
            found = {name: window(*both[name], seconds, Path(folder)) for name in names}
            ratio = found["leakgate"]["per_cpu_s"] / found["plain"]["per_cpu_s"]
            records.append({"pair": number, "ratio": ratio, **found})
            print(f"pair {number}: {ratio:.3f}", flush=True)
    return records


def summary(records: Sequence[dict[str, Any]]) -> list[Row]:
    """The median ratio, its quartiles, and the processor time of a request."""
    ratios = [one["ratio"] for one in records]
    low, _, high = quantiles(ratios, n=4) if len(ratios) > 1 else (ratios[0],) * 3
    each = {name: median(1e6 / one[name]["per_cpu_s"] for one in records) for name in ("plain", "leakgate")}
    reached = f"{median(ratios):.3f} (quartiles {low:.3f} to {high:.3f}, {len(ratios)} pairs)"
    costs = f"{each['plain']:.0f} us without, {each['leakgate']:.0f} us with leakgate"
    return [
        Row("requests per processor second of the server, with leakgate / without", reached, f"at least {BAR}"),
        Row("processor time of the server per request", costs),
    ]


def main() -> None:
    """Run the bench and print its table."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    records = measure(options.pairs, options.seconds)
    publish("overhead_server", "What leakgate costs a server", summary(records), records)


if __name__ == "__main__":
    main()
