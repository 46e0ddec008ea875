"""Looped workloads: whether each runs here, how fast it is, and how many iterations make a batch.

make bench-workloads
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from bench.runs.environments import STORE
from bench.runs.table import Row, publish
from bench.runs.workloads import Workload, all_workloads

BATCHES: Final = STORE / "batches.json"
LEAST_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class Progress:
    """A line that a looped workload writes about itself."""

    iterations: int
    batch: int
    cpu_s: float
    peak_bytes: int
    resident_bytes: int
    monotonic_s: float

    @classmethod
    def parse(cls, line: str) -> Self:
        """Return the values of a line in the format of the stand-in."""
        iterations, batch, cpu, peak, resident, monotonic = line.split()
        return cls(int(iterations), int(batch), float(cpu), int(peak), int(resident), float(monotonic))


def read_progress(stats: Path) -> list[Progress]:
    """Return the lines that a workload has written so far, without a last line that may be incomplete."""
    if not stats.exists():
        return []
    lines = stats.read_text("utf-8").split("\n")[:-1]
    return [Progress.parse(line) for line in lines if not line.startswith("#")]


def plain_environment() -> dict[str, str]:
    """Return the environment of this process without variables that would influence a workload's interpreter."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith("PYTHON") and name != "VIRTUAL_ENV"
    }


def known_batches() -> dict[str, int]:
    """Return how many iterations of each workload take about 50 ms, as `make bench-workloads` measured."""
    known: dict[str, int] = json.loads(BATCHES.read_text("utf-8")) if BATCHES.exists() else {}
    return known


def watch_plain(workload: Workload, seconds: float) -> tuple[list[Progress], str]:
    """Loop a workload alone; return its lines, and the last line of its stderr if it ended."""
    with tempfile.TemporaryDirectory(prefix="leakgate-bench-") as folder:
        stats, errors = Path(folder, "stats"), Path(folder, "stderr")
        with errors.open("wb") as stderr:
            process = subprocess.Popen(
                [workload.python, workload.script, *workload.args],
                env={**plain_environment(), **workload.env(stats)},
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                cwd=folder,
            )
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait()
            return read_progress(stats), ""
        said = errors.read_text("utf-8", "replace").strip().splitlines()
        return read_progress(stats), said[-1] if said else f"ended with status {process.returncode}"


def growth_kb_per_s(progress: Sequence[Progress]) -> float:
    """Return the growth of resident memory over the second half; 0 if it does not grow in each third of that half."""
    half = progress[len(progress) // 2 :]
    marks = [half[index * (len(half) - 1) // 3] for index in range(4)]
    steps = [later.resident_bytes - earlier.resident_bytes for earlier, later in itertools.pairwise(marks)]
    seconds = marks[-1].monotonic_s - marks[0].monotonic_s
    return sum(steps) / seconds / 1000 if min(steps) > 0 else 0.0


def look_for_growth(workloads: Sequence[Workload], seconds: float) -> None:
    """Loop workloads without leakgate and publish which of them grow."""
    rows, records = [], []
    for workload in workloads:
        progress, _ = watch_plain(workload, seconds)
        grows = growth_kb_per_s(progress)
        series = [[round(line.monotonic_s - progress[0].monotonic_s, 1), line.resident_bytes] for line in progress[::8]]
        records.append({"workload": workload.name, "kb_per_s": round(grows, 1), "resident_bytes": series})
        rows.append(Row(workload.name, f"{grows:.0f} KB/s" if grows else "does not grow steadily"))
        print(rows[-1], flush=True)
    publish("growing", "Workloads that grow when looped", rows, records)


def main() -> None:
    """Try every workload for a few seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--growth", action="store_true", help="see instead whether they grow; --seconds 90 or more")
    options = parser.parse_args()
    if options.growth:
        look_for_growth(all_workloads(options.only), options.seconds)
        return
    batches, records, failed = known_batches(), [], []
    for workload in all_workloads(options.only):
        progress, trouble = watch_plain(workload, options.seconds)
        for patience in (4, 20):
            if not trouble and len(progress) < LEAST_LINES:
                progress, trouble = watch_plain(workload, patience * options.seconds)
        if trouble or len(progress) < 2:
            failed.append(f"{workload.name}: {trouble or 'not one iteration'}")
            print(f"{workload.name:32} FAILED {trouble}", file=sys.stderr)
            continue
        last = progress[-1]
        batches[workload.name] = last.batch
        cpu_ms = 1000 * (last.cpu_s - progress[0].cpu_s) / max(1, last.iterations - progress[0].iterations)
        print(f"{workload.name:32} {cpu_ms:12.4f} ms {last.batch:8} a batch {last.peak_bytes / 1e6:8.1f} MB")
        records.append(
            {"workload": workload.name, "cpu_ms": round(cpu_ms, 5), "batch": last.batch, "peak_bytes": last.peak_bytes}
        )
    BATCHES.write_text(json.dumps(batches, indent=1), "utf-8")
    if not options.only:
        publish("workloads", "Workloads", [Row("workloads that run", f"{len(records)}")], records, failed)


if __name__ == "__main__":
    main()
