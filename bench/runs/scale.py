"""How the cost grows with the number of live objects, the number of scripts, and the length of a run.

make bench-scale
python -m bench.runs.scale --parts objects --objects 10000,1000000
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final, Self

import psutil

from bench.runs.arms import LEAKGATE, Running, Setting, children_cpu_s, end_on_sigterm
from bench.runs.explanation import MANY, PROBE, Records, of_explaining
from bench.runs.gate_runs import run_cases
from bench.runs.known_cases import BENCH, Case
from bench.runs.overhead import MB, Pair, PairError, compare
from bench.runs.table import Row, publish
from bench.runs.workloads import Workload
from leakgate.probe.wire import COLLECT, COMMAND, HEADER, RECORD

HEAP: Final = BENCH / "inside" / "synthetic" / "heap.py"
QUIET: Final = BENCH / "inside" / "synthetic" / "slow_leak.py"
OBJECTS: Final = "10000,100000,1000000,2000000,10000000"
SCRIPTS: Final = (1, 10, 50)
READINGS: Final = 36_000
"""The readings of an hour, ten per second."""
SETTLE_EVERY: Final = 100
PARTS_OF_RUN: Final = 10
BUILD_S_PER_OBJECT: Final = 4e-6


def heap(objects: int, mode: str, pauses: Path) -> Workload:
    """Return the synthetic program with many objects, as a looped workload."""
    env = (("HEAP_OBJECTS", str(objects)), ("HEAP_MODE", mode), ("HEAP_PAUSES", str(pauses)))
    return Workload(name=f"heap-{mode}", script=HEAP, args=(), python=Path(sys.executable), further=env)


def against_objects(numbers: list[int]) -> tuple[list[Row], Records]:
    """Return cost per iteration, longest pause and memory for each number of live objects, without a suspicion."""
    rows: list[Row] = []
    records: Records = []
    for number in numbers:
        for mode in ("flat", "churn"):
            seconds = 20 + 4 * BUILD_S_PER_OBJECT * number
            with tempfile.TemporaryDirectory(prefix="leakgate-bench-") as folder:
                pauses = Path(folder, "pauses")
                workload = heap(number, mode, pauses)
                try:
                    pairs = [compare(workload, LEAKGATE, seconds, turn) for turn in range(2)]
                except PairError as error:
                    rows.append(Row(f"{number:,} live objects, {mode}", f"not measured: {error}"))
                    continue
                longest = _longest(pauses, "gate"), _longest(pauses, "alone")
            rows.append(_row_of_objects(number, mode, pairs, longest))
            found = {"objects": number, "mode": mode, "pause_s": longest[0], "pause_alone_s": longest[1]}
            records += [{**found, **_of_pair(pair)} for pair in pairs]
            print(rows[-1], flush=True)
    return rows, records


def _row_of_objects(number: int, mode: str, pairs: list[Pair], longest_s: tuple[float, float]) -> Row:
    cost = 100 * (median(pair.undisturbed for pair in pairs) - 1)
    added = median(pair.added_bytes for pair in pairs) / MB
    verdicts = ", ".join(sorted({pair.verdict for pair in pairs}))
    pauses = f"longest pause {1000 * longest_s[0]:.0f} ms ({1000 * longest_s[1]:.0f} ms alone)"
    text = f"CPU {cost:+.1f} %, {pauses}, {added:+.1f} MB, {verdicts}"
    return Row(f"{number:,} live objects, {mode}", text, "pause of 50 ms" if number == MANY else "")


def _of_pair(pair: Pair) -> dict[str, object]:
    return {"ratio": pair.ratio, "share": pair.share, "added_bytes": pair.added_bytes, "verdict": pair.verdict}


def _noted(pauses: Path, who: str) -> list[tuple[float, float]]:
    """Return times and lengths of pauses; `gate`: under leakgate, `alone`: without. First is the program's start."""
    lines = [line.split() for line in pauses.read_text("utf-8").splitlines()] if pauses.exists() else []
    return [(float(at), float(seconds)) for name, at, seconds in lines if name == who]


def _longest(pauses: Path, who: str) -> float:
    return max((seconds for _, seconds in _noted(pauses, who)), default=0.0)


def while_explained(number: int) -> tuple[list[Row], Records]:
    """Return the cost and the time of explaining a leak in a program with many objects."""
    with tempfile.TemporaryDirectory(prefix="leakgate-bench-", ignore_cleanup_errors=True) as folder:
        pauses = Path(folder, "pauses")
        seconds = 20 + 4 * BUILD_S_PER_OBJECT * number
        setting = Setting(seconds=seconds, batch=0)
        began = time.monotonic()
        with Running(LEAKGATE, heap(number, "leak", pauses), setting, Path(folder, "run")) as running:
            while not running.ended and time.monotonic() - began < 10 * seconds:
                time.sleep(0.2)
            took = time.monotonic() - began
            result, lines = running.result(), running.progress
        if result is None or not lines:
            return [Row("explaining", f"not measured: {running.trouble}")], []
        noted = _noted(pauses, "gate")
    concluded = noted[0][0] + result["duration_s"]
    watching = max((pause for at, pause in noted if at <= concluded), default=0.0)
    explaining = max((pause for at, pause in noted if at > concluded), default=0.0)
    before = [line.peak_bytes for line in lines if line.monotonic_s <= concluded][-1]
    added = lines[-1].peak_bytes - before
    record: dict[str, object] = {
        "objects": number,
        "verdict": result["verdict"],
        "watched_s": result["duration_s"],
        "whole_s": round(took, 1),
        "pause_watching_s": watching,
        "pause_explaining_s": explaining,
        "added_bytes": added,
        "leaks": len(result["leaks"]),
    }
    text = (
        f"{result['verdict']} after {result['duration_s']:.1f} s, explained {took - result['duration_s']:.1f} s later; "
        f"pauses up to {1000 * watching:.0f} ms before, {1000 * explaining:.0f} ms while explaining; "
        f"{added / MB:+.1f} MB"
    )
    return [Row(f"a leak among {number:,} live objects", text, "bounded and stated")], [record]


def against_scripts() -> tuple[list[Row], Records]:
    """Return processor time and memory of leakgate itself, for several numbers of tiny scripts at the same time."""
    rows: list[Row] = []
    records: Records = []
    for number in SCRIPTS:
        cases = [_tiny(f"tiny-{index}") for index in range(number)]
        before, began = children_cpu_s(), time.monotonic()
        with _Peak() as peak:
            runs, _ = run_cases(cases, jobs=number)
        seconds, cpu = time.monotonic() - began, children_cpu_s() - before
        verdicts = ", ".join(sorted({run.verdict for run in runs}))
        text = (
            f"{seconds:.0f} s, {1000 * cpu / number / seconds:.0f} ms of processor a second and script in all, "
            f"{1000 * peak.cpu_s / number / seconds:.0f} of them leakgate's own; its memory {peak.bytes / MB:.0f} MB; "
            f"{verdicts}"
        )
        rows.append(Row(f"{number} tiny scripts at once", text))
        print(rows[-1], flush=True)
        records.append(
            {"scripts": number, "seconds": seconds, "cpu_s": cpu, "own_cpu_s": peak.cpu_s, "own_bytes": peak.bytes}
        )
    return rows, records


def _tiny(name: str) -> Case:
    return Case(
        name=name,
        group="tiny",
        script=QUIET,
        args=("objects", "0"),
        leaks=False,
        kinds=("none",),
        places=(),
        duration_s=10,
    )


class _Peak:
    """Watches the leakgate process that is a child of this one: its memory and processor time, without its children."""

    def __enter__(self) -> Self:
        self.bytes, self.cpu_s, self._over = 0, 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            for child in psutil.Process().children():
                try:
                    times = child.cpu_times()
                    self.cpu_s = max(self.cpu_s, times.user + times.system)
                    self.bytes = max(self.bytes, child.memory_info().rss)
                except psutil.Error:
                    continue


@dataclass(frozen=True, slots=True)
class Gauge:
    """A reading of the probe."""

    monotonic_s: float
    blocks: int
    native_bytes: int


def against_length(readings: int) -> tuple[list[Row], Records]:
    """Make an hour's readings and collections within minutes, and return whether the probe itself grows."""
    samples: list[tuple[Gauge, int]] = []
    with tempfile.TemporaryDirectory(prefix="leakgate-bench-") as folder:
        command = [sys.executable, str(PROBE), folder, "0.001", str(QUIET), "objects", "0"]
        process = subprocess.Popen(command)
        try:
            began = time.monotonic()
            for number in range(1, readings // SETTLE_EVERY + 1):
                _wait_for(lambda number=number: _count(folder) >= number * SETTLE_EVERY)  # type: ignore[misc]
                Path(folder, "commands.bin").write_bytes(COMMAND.pack(number, COLLECT, 0, 0, 0.0, 0))
                samples.append((_last(folder), psutil.Process(process.pid).memory_info().rss))
            seconds = time.monotonic() - began
        finally:
            process.kill()
            process.wait()
    return _rows_of_length(samples, readings, seconds)


def _rows_of_length(samples: list[tuple[Gauge, int]], readings: int, seconds: float) -> tuple[list[Row], Records]:
    size = len(samples) // PARTS_OF_RUN
    parts = [samples[index * size : (index + 1) * size] for index in range(PARTS_OF_RUN)]
    floors: Records = [
        {
            "part": index,
            "rss_bytes": min(rss for _, rss in part),
            "native_bytes": min(gauge.native_bytes for gauge, _ in part),
            "blocks": min(gauge.blocks for gauge, _ in part),
        }
        for index, part in enumerate(parts)
    ]
    second, last = floors[1], floors[-1]
    grew = ", ".join(f"{name} {int(str(last[name])) - int(str(second[name])):+d}" for name in list(last)[1:])
    text = f"from the second to the last tenth: {grew}"
    row = Row(f"{readings:,} readings and {len(samples)} collections in {seconds:.0f} s", text, "flat")
    return [row], floors


def _wait_for(condition: Callable[[], bool], patience_s: float = 60.0) -> None:
    give_up = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > give_up:
            raise SystemExit("the probe gives no more readings")
        time.sleep(0.01)


def _files(folder: str) -> Iterator[Path]:
    return Path(folder).glob("gauges-*.bin")


def _count(folder: str) -> int:
    return sum((file.stat().st_size - HEADER.size) // RECORD.size for file in _files(folder))


def _last(folder: str) -> Gauge:
    data = next(_files(folder)).read_bytes()
    start = HEADER.size + ((len(data) - HEADER.size) // RECORD.size - 1) * RECORD.size
    monotonic_s, blocks, native_bytes, *_ = RECORD.unpack_from(data, start)
    return Gauge(monotonic_s, blocks, native_bytes)


def main() -> None:
    """Run the requested parts and print the table."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="objects,explained,explanation,scripts,length")
    parser.add_argument("--objects", default=OBJECTS)
    parser.add_argument("--readings", type=int, default=READINGS)
    parser.add_argument("--name", default="scale")
    options = parser.parse_args()
    numbers = [int(number) for number in options.objects.split(",")]
    parts: dict[str, Callable[[], tuple[list[Row], Records]]] = {
        "objects": lambda: against_objects(numbers),
        "explained": lambda: while_explained(MANY),
        "explanation": lambda: of_explaining([number for number in numbers if number >= MANY // 2]),
        "scripts": against_scripts,
        "length": lambda: against_length(options.readings),
    }
    rows: list[Row] = []
    records: Records = []
    for name in options.parts.split(","):
        found, kept = parts[name]()
        rows += found
        records += [{"part_of_bench": name, **record} for record in kept]
    publish(options.name, "Scale", rows, records)


if __name__ == "__main__":
    main()
