"""The cost of an explanation for a program with many objects, asked from the probe: a part of `bench.runs.scale`."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import psutil

import leakgate
from bench.runs.known_cases import BENCH
from bench.runs.overhead import MB
from bench.runs.table import Row
from leakgate.probe.explain import HOLDERS, NATIVE, TRACE
from leakgate.probe.wire import COMMAND, EXPLAIN

PROBE: Final = Path(leakgate.__file__).parent / "probe" / "__main__.py"
TANGLE: Final = BENCH / "inside" / "synthetic" / "tangle.py"
MANY: Final = 2_000_000
WINDOW_S: Final = 4.0
LONGEST_EXPLANATION_S: Final = 60.0
Records = list[dict[str, object]]


def of_explaining(numbers: list[int]) -> tuple[list[Row], Records]:
    """Return the cost of an explanation of a leaking program, for each number of live objects."""
    rows: list[Row] = []
    records: Records = []
    for number in numbers:
        for what, bits in (("what holds it", HOLDERS), ("everything", TRACE | NATIVE | HOLDERS)):
            record = _explained(number, bits)
            pause = f"longest pause {1000 * float(str(record['pause_s'])):.0f} ms"
            text = (
                f"{record['wall_s']} s, {record['cpu_s']} s of processor, {pause}, "
                f"{float(str(record['added_bytes'])) / MB:+.0f} MB; {record['said']}"
            )
            rows.append(Row(f"{what}, {number:,} live objects", text, "5 s, 150 MB" if number == MANY else "bounded"))
            records.append({"objects": number, "what": what, **record})
            print(rows[-1], flush=True)
    return rows, records


def _explained(number: int, bits: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="leakgate-bench-") as folder:
        command = [sys.executable, str(PROBE), folder, "0.1", str(TANGLE), str(number)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            if process.stdout is None or not process.stdout.readline():
                raise SystemExit(f"{TANGLE.name} did not start")
            watched = psutil.Process(process.pid)
            before, cpu_s, began = watched.memory_info().rss, _cpu_of(watched), time.monotonic()
            Path(folder, "commands.bin").write_bytes(COMMAND.pack(1, EXPLAIN, bits, 0, WINDOW_S, 0))
            answer, peak = Path(folder, f"explain-{process.pid}-1.jsonl"), before
            while not answer.exists() and time.monotonic() < began + LONGEST_EXPLANATION_S:
                peak = max(peak, watched.memory_info().rss)
                time.sleep(0.02)
            wall_s, cpu_s = time.monotonic() - began, _cpu_of(watched) - cpu_s
            lines = [json.loads(line) for line in answer.read_text("utf-8").splitlines()] if answer.exists() else []
        finally:
            process.kill()
            process.wait()
    found = [line.get("path", line.get("text")) for line in lines if line["kind"] in ("holder", "note")]
    return {
        "wall_s": round(wall_s, 1),
        "cpu_s": round(cpu_s, 1),
        "added_bytes": peak - before,
        "pause_s": lines[-1]["pause_s"] if lines else 0.0,
        "said": "; ".join(found) or "nothing",
    }


def _cpu_of(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
