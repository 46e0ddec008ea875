"""The cost of leakgate for a healthy program: processor time per iteration and peak memory of each workload.

Both programs of a pair run at the same time on the same processor, so that other work on the machine affects both
equally. Each then has less than half of a processor, while leakgate works at fixed times: readings and collections per
second. Therefore the table gives the ratio as measured, and the ratio for a program that has a processor to itself: the
added part is multiplied by the share of a processor that the program had. Other tools work at each allocation, so only
their ratio as measured is given. If the figures of a workload do not show on which side of the bar it is, it gets more
pairs. `--apart` gives each of the two a processor of its own instead.

make bench-overhead            leakgate, every workload
make bench-overhead-peers      leakgate and other tools, a few workloads
python -m bench.runs.overhead --only json_loads,mako --pairs 5
"""

import argparse
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import geometric_mean, median, stdev
from typing import Final

from bench.runs.arms import LEAKGATE, PEERS, PLAIN, Running, Setting, end_on_sigterm
from bench.runs.loops import Progress, known_batches
from bench.runs.table import Row, keep, publish, recorded
from bench.runs.workloads import Workload, all_workloads

WARM_UP_S: Final = 1.0
TAIL_S: Final = 1.5
SECONDS: Final = 12.0
LEAST_LINES: Final = 4
LONGEST_S: Final = 120.0
BAR: Final = 1.05
BAR_MEAN: Final = 1.02
MB: Final = 1_000_000
MANY_PAIRS: Final = 3
PEER_WORKLOADS: Final = (
    "json_loads,logging_format,pickle_pure_python,regex_effbot,telco,mako,sqlalchemy_imperative,deltablue"
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A comparison of a workload in one way of running with the workload alone."""

    ratio: float
    """Processor time per iteration, relative to the workload alone."""
    added_bytes: int
    """Peak of resident memory, less that of the workload alone."""
    seconds: float
    iterations: int
    share: float
    """The share of a processor that the workload alone had."""
    verdict: str = ""

    @property
    def undisturbed(self) -> float:
        """The ratio for a program that has a processor to itself, because leakgate works at fixed times."""
        return 1 + (self.ratio - 1) * min(1.0, self.share)


class PairError(Exception):
    """A pair has nothing to compare."""


def compare(workload: Workload, arm: str, seconds: float, turn: int, *, apart: bool = False) -> Pair:
    """Run the workload alone and in another way; processor and order alternate. Raises PairError."""
    processors = sorted(os.sched_getaffinity(0))
    first_cpu, second_cpu = processors[turn % len(processors)], processors[(turn + apart) % len(processors)]
    setting = Setting(seconds=seconds, batch=known_batches().get(workload.name, 0), cpu=first_cpu)
    with tempfile.TemporaryDirectory(prefix="leakgate-bench-", ignore_cleanup_errors=True) as place:
        if workload.has_fixed_port:
            alone, _ = _run_one(PLAIN, workload, setting, Path(place))
            under, verdict = _run_one(arm, workload, setting, Path(place))
            return _pair(alone, under, verdict)
        order = (PLAIN, arm) if turn // len(processors) % 2 else (arm, PLAIN)
        with (
            Running(order[0], workload, setting, Path(place, "first")) as first,
            Running(order[1], workload, replace(setting, cpu=second_cpu), Path(place, "second")) as second,
        ):
            beside, beneath = (first, second) if order[0] == PLAIN else (second, first)
            verdict, watched_s = _wait(beneath, seconds, beside)
            lines = beside.progress, beneath.progress
    begin = max(part[0].monotonic_s for part in lines) + WARM_UP_S
    end = min([part[-1].monotonic_s for part in lines] + ([lines[1][0].monotonic_s + watched_s] if watched_s else []))
    return _pair(_between(lines[0], begin, end), _between(lines[1], begin, end), verdict)


def _run_one(arm: str, workload: Workload, setting: Setting, place: Path) -> tuple[list[Progress], str]:
    with Running(arm, workload, setting, place / arm.replace(" ", "-")) as running:
        verdict, watched_s = _wait(running, setting.seconds)
        lines = running.progress
    end = min(lines[-1].monotonic_s, lines[0].monotonic_s + watched_s if watched_s else float("inf"))
    return _between(lines, lines[0].monotonic_s + WARM_UP_S, end), verdict


def _wait(running: Running, seconds: float, other: Running | None = None) -> tuple[str, float]:
    """Wait until leakgate has judged or the seconds are over; return the verdict, and the seconds before explaining."""
    began = time.monotonic()
    is_gate = (running.stats.parent / "leakgate.yaml").exists()
    while not running.ended and time.monotonic() - began < (4 * seconds + 30 if is_gate else seconds):
        time.sleep(0.1)
        if other is not None and other.ended:
            raise PairError(other.trouble or "the workload alone ended")
    result = running.result()
    if not running.progress:
        raise PairError(running.trouble or "not one iteration")
    if result is None:
        if is_gate or running.ended:
            raise PairError(running.trouble or "ended")
        return "", 0.0
    if result["verdict"] == "error":
        raise PairError(result["reason"])
    return str(result["verdict"]), float(result["duration_s"])


def _between(lines: Sequence[Progress], begin: float, end: float) -> list[Progress]:
    return [line for line in lines if begin <= line.monotonic_s <= end - TAIL_S]


def _pair(alone: Sequence[Progress], under: Sequence[Progress], verdict: str) -> Pair:
    if min(len(alone), len(under)) < 2:
        raise PairError("too few iterations in the time")
    return Pair(
        ratio=_cpu_per_iteration(under) / _cpu_per_iteration(alone),
        added_bytes=under[-1].peak_bytes - alone[-1].peak_bytes,
        seconds=under[-1].monotonic_s - under[0].monotonic_s,
        iterations=under[-1].iterations - under[0].iterations,
        share=(alone[-1].cpu_s - alone[0].cpu_s) / (alone[-1].monotonic_s - alone[0].monotonic_s),
        verdict=verdict,
    )


def _cpu_per_iteration(lines: Sequence[Progress]) -> float:
    return (lines[-1].cpu_s - lines[0].cpu_s) / (lines[-1].iterations - lines[0].iterations)


@dataclass(frozen=True, slots=True)
class Effort:
    """How many pairs are compared."""

    pairs: int
    """Fewest pairs of each workload."""
    most: int
    """Most pairs of a workload that is not yet clearly on one side of the bar."""
    apart: bool
    """Whether each of a pair has a processor of its own."""


def measure(workload: Workload, arm: str, effort: Effort, turns: Iterator[int]) -> tuple[list[Pair], str]:
    """Return comparisons of a workload; if there are none, the text says why."""
    found: list[Pair] = []
    seconds, trouble = SECONDS, ""
    for _ in range(2 * effort.most):
        try:
            found.append(compare(workload, arm, seconds, next(turns), apart=effort.apart))
        except PairError as error:
            trouble = str(error)
            seconds *= 2.5
            if seconds > LONGEST_S:
                return found, trouble
        if len(found) >= effort.most or (len(found) >= effort.pairs and _is_clear(found)):
            break
    return found, trouble


def _is_clear(pairs: Sequence[Pair]) -> bool:
    """Whether the median is below the bar by more than twice its uncertainty; a few pairs need a wide margin."""
    ratios = [pair.undisturbed for pair in pairs]
    middle = median(ratios)
    error = 1.25 * stdev(ratios) / len(ratios) ** 0.5 if len(ratios) >= MANY_PAIRS else 0.2 * (BAR - 1)
    memory_clear = median(pair.added_bytes for pair in pairs) <= 3 * MB
    return abs(middle - BAR) > 2 * error and middle < BAR and memory_clear


def summary(measured: dict[str, list[Pair]], arm: str = LEAKGATE) -> list[Row]:
    """Return the table for one way of running."""
    shared = {name: median(pair.ratio for pair in pairs) for name, pairs in measured.items()}
    free = {name: median(pair.undisturbed for pair in pairs) for name, pairs in measured.items()}
    ratios = free if arm == LEAKGATE else shared
    added = {name: median(pair.added_bytes for pair in pairs) for name, pairs in measured.items()}
    shares = median(pair.share for pairs in measured.values() for pair in pairs)
    worst, heaviest = max(ratios, key=ratios.__getitem__), max(added, key=added.__getitem__)
    above = sorted(name for name, ratio in ratios.items() if ratio > BAR)
    count = sum(map(len, measured.values()))
    as_measured = [
        Row(f"as measured, on {shares:.2f} of a processor: mean", f"{geometric_mean(shared.values()):.3f}"),
        Row(f"as measured, on {shares:.2f} of a processor: worst", f"{max(shared.values()):.3f}"),
    ]
    return [
        Row("CPU per iteration, geometric mean", f"{geometric_mean(ratios.values()):.3f}", f"{BAR_MEAN}"),
        Row("CPU per iteration, worst", f"{ratios[worst]:.3f} ({worst})", f"{BAR}"),
        Row(f"workloads above {BAR}", ", ".join(above) or "none", "none"),
        *(as_measured if arm == LEAKGATE else ()),
        Row("peak memory added, median", f"{median(added.values()) / MB:.2f} MB", "3 MB"),
        Row("peak memory added, worst", f"{added[heaviest] / MB:.2f} MB ({heaviest})", "3 MB"),
        Row("workloads, pairs", f"{len(ratios)}, {count}"),
    ]


def main() -> None:
    """Run the bench and print its table."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="names, with commas; or: peers")
    parser.add_argument("--arms", default=LEAKGATE, help=f"of {LEAKGATE}, {', '.join(PEERS)}; or all")
    parser.add_argument("--pairs", type=int, default=2, help="for each workload, at least")
    parser.add_argument("--most", type=int, default=9, help="pairs for a workload that is near the bar")
    parser.add_argument("--name", default="overhead", help="of the result files")
    parser.add_argument("--apart", action="store_true", help="each of a pair on a processor of its own")
    parser.add_argument("--resume", action="store_true", help="keep what the result file has of other workloads")
    options = parser.parse_args()
    arms = [LEAKGATE, *PEERS] if options.arms == "all" else options.arms.split(";")
    measured = _known(options.name) if options.resume else {}
    failed: list[str] = []
    turns = itertools.count()
    effort = Effort(options.pairs, options.most, options.apart)
    only = PEER_WORKLOADS if options.only == "peers" else options.only
    for workload, arm in itertools.product(all_workloads(only), arms):
        pairs, trouble = measure(workload, arm, effort, turns)
        measured.setdefault(arm, {})[workload.name] = pairs
        if not pairs:
            measured[arm].pop(workload.name)
            failed.append(f"{workload.name} under {arm}: {trouble}")
            print(f"{workload.name:32} {arm:12} FAILED {trouble}", file=sys.stderr, flush=True)
            continue
        print(_line(workload.name, arm, pairs), flush=True)
        keep(options.name, _rows(measured), _records(measured), failed)
    publish(options.name, "Overhead", _rows(measured), _records(measured), failed)


def _rows(measured: dict[str, dict[str, list[Pair]]]) -> list[Row]:
    return [
        Row(f"{arm}: {row.what}" if len(measured) > 1 else row.what, row.reached, row.bar if arm == LEAKGATE else "")
        for arm, found in measured.items()
        for row in summary(found, arm)
    ]


def _records(measured: dict[str, dict[str, list[Pair]]]) -> list[dict[str, object]]:
    return [
        {"workload": workload, "arm": arm, "pairs": [asdict(pair) for pair in pairs]}
        for arm, found in measured.items()
        for workload, pairs in found.items()
    ]


def _known(name: str) -> dict[str, dict[str, list[Pair]]]:
    measured: dict[str, dict[str, list[Pair]]] = {}
    for record in recorded(name):
        pairs = [Pair(**pair) for pair in record["pairs"]]
        measured.setdefault(record["arm"], {})[record["workload"]] = pairs
    return measured


def _line(workload: str, arm: str, pairs: Sequence[Pair]) -> str:
    ratios = sorted(pair.ratio for pair in pairs)
    free = median(pair.undisturbed for pair in pairs)
    added = median(pair.added_bytes for pair in pairs) / MB
    spread = f"{ratios[0]:.3f}..{ratios[-1]:.3f}"
    verdicts = ",".join(sorted({pair.verdict for pair in pairs}))
    return (
        f"{workload:32} {arm:12} {free:.3f}; as measured {median(ratios):.3f} "
        f"({spread}, {len(pairs)} pairs) {added:+6.2f} MB {verdicts}"
    )


if __name__ == "__main__":
    main()
