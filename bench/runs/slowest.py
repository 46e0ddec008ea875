"""The slowest leak that leakgate finds in a quiet program within 30 seconds, for several kinds of lost memory.

make bench-slowest
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.runs.arms import end_on_sigterm
from bench.runs.gate_runs import Run, run_cases
from bench.runs.known_cases import BENCH, HARD_DURATION_S, Case, Place
from bench.runs.table import Row, publish

SCRIPT: Final = BENCH / "inside" / "synthetic" / "slow_leak.py"
SHAPES: Final = {"objects": "python", "entries": "python", "buffers": "native", "native": "native"}
RATES: Final = (0, 1, 2, 3, 4, 6, 8)
"""KB/s; at 0 the program is healthy."""


def cases_of(shape: str, rates: Sequence[int], repeats: int) -> list[Case]:
    """Return the program at each rate, ``repeats`` times."""
    return [
        Case(
            name=f"{shape}-{rate}-{repeat}",
            group=shape,
            script=SCRIPT,
            args=(shape, str(1000 * rate)),
            leaks=rate > 0,
            kinds=("python", "native") if shape == "buffers" else (SHAPES[shape],),
            places=(Place(f"lose_{shape}", SCRIPT.name),),
            duration_s=HARD_DURATION_S,
            kb_per_s=float(rate),
            interpreter=Path(sys.executable),
        )
        for rate in rates
        for repeat in range(repeats)
    ]


def summary(runs: Sequence[Run], rates: Sequence[int]) -> list[Row]:
    """Return for each shape the slowest rate from which on every leak was found, and the verdicts of each rate."""
    rows = []
    for shape in SHAPES:
        mine = [run for run in runs if run.case.group == shape]
        found = {rate: [run.verdict == "leak" for run in mine if run.case.kb_per_s == rate] for rate in rates}
        sure = [
            rate
            for rate in rates
            if rate and all(all(flags) for faster, flags in found.items() if faster >= rate and flags)
        ]
        detail = ", ".join(f"{rate}: {sum(flags)}/{len(flags)}" for rate, flags in found.items())
        reached = f"{min(sure)} KB/s" if sure else f"none up to {max(rates)} KB/s"
        rows.append(Row(f"slowest leak always found, {shape}", f"{reached} (found at KB/s: {detail})", "4 KB/s"))
    return rows


def main() -> None:
    """Run the bench and print its table."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rates", default=",".join(map(str, RATES)))
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=6, help="the programs sleep most of the time")
    options = parser.parse_args()
    rates = [int(rate) for rate in options.rates.split(",")]
    cases = [case for shape in SHAPES for case in cases_of(shape, rates, options.repeats)]
    runs, left_out = run_cases(cases, jobs=options.jobs)
    for run in runs:
        print(f"{run.case.name:14} {run.verdict:12} {run.kind:7} {run.seconds:5.1f} s  {run.first}  {run.reason}")
    records: list[dict[str, object]] = [
        {
            "shape": run.case.group,
            "kb_per_s": run.case.kb_per_s,
            "verdict": run.verdict,
            "kind": run.kind,
            "located": run.located,
            "seconds": round(run.seconds, 1),
            "reason": run.reason,
        }
        for run in runs
    ]
    publish("slowest", "Slowest leak found", summary(runs, rates), records, left_out)


if __name__ == "__main__":
    main()
