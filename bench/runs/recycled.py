"""Pools whose workers are replaced: which of them leak, by the length of a worker's life and the bytes that it keeps.

make bench-recycled
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.runs.arms import end_on_sigterm
from bench.runs.known_cases import BENCH
from bench.runs.table import Row, publish

PROGRAM: Final = BENCH / "inside" / "recycled_pool.py"
DURATION_S: Final = 20
LIVES_S: Final = (0.3, 1.0, 3.0, 8.0)
"""Approximate seconds that each worker lives."""
KEPT_PER_S: Final = (0, 300_000)
"""Bytes that a worker keeps per second; 0: it is healthy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRun:
    """One pool."""

    method: str
    life_s: float
    kept_per_s: int
    number: int

    @property
    def name(self) -> str:
        """The name in leakgate.yaml."""
        return f"{self.method}-{self.life_s:g}s-{self.kept_per_s}-{self.number}"

    def entry(self) -> dict[str, Any]:
        """Return the entry of leakgate.yaml."""
        args = [self.method, f"{self.life_s:g}", str(self.kept_per_s)]
        return {"name": self.name, "path": str(PROGRAM), "args": args, "duration": DURATION_S}


def pools(runs: int) -> list[PoolRun]:
    """Return every pool ``runs`` times."""
    return [
        PoolRun(method=method, life_s=life_s, kept_per_s=kept_per_s, number=number)
        for method in ("fork", "spawn")
        for life_s in LIVES_S
        if method == "fork" or life_s >= 1  # a spawned worker needs a part of a second to start
        for kept_per_s in KEPT_PER_S
        for number in range(runs)
    ]


def measure(chosen: Sequence[PoolRun], jobs: int) -> list[dict[str, Any]]:
    """Return leakgate's results of the pools."""
    with tempfile.TemporaryDirectory(prefix="leakgate-bench-") as folder:
        config, out = Path(folder, "leakgate.yaml"), Path(folder, "results.json")
        config.write_text(json.dumps({"version": 1, "scripts": [one.entry() for one in chosen]}), "utf-8")
        command = [sys.executable, "-m", "leakgate", "run", "-c", str(config), "--jobs", str(jobs), "--json", str(out)]
        ran = subprocess.run([*command, "--quiet", "--no-baseline"], check=False, stdout=subprocess.DEVNULL)
        if not out.exists():
            raise SystemExit(f"leakgate ended with {ran.returncode} and left no results")
        scripts: list[dict[str, Any]] = json.loads(out.read_text("utf-8"))["scripts"]
        return scripts


def record(pool: PoolRun, result: dict[str, Any]) -> dict[str, object]:
    """Return the record of one pool."""
    leaks = result["leaks"]
    return {
        "pool": pool.name,
        "life_s": pool.life_s,
        "leaks": pool.kept_per_s > 0,
        "verdict": result["verdict"],
        "seconds": round(result["duration_s"], 1),
        "right": result["verdict"] == ("leak" if pool.kept_per_s else "ok"),
        "wrong": result["verdict"] == ("ok" if pool.kept_per_s else "leak"),
        "placed": any(Path(leak["file"]).name == PROGRAM.name for leak in leaks),
        "reason": result["reason"],
    }


def summary(records: Sequence[dict[str, Any]]) -> list[Row]:
    """Return the right answers by the length of a life."""
    rows = []
    for life_s in LIVES_S:
        for leaks, what in ((True, "leaking"), (False, "healthy")):
            mine = [one for one in records if one["life_s"] == life_s and one["leaks"] is leaks]
            right, wrong = (sum(bool(one[key]) for one in mine) for key in ("right", "wrong"))
            placed = f", place found in {sum(bool(one['placed']) for one in mine)}" if leaks else ""
            reached = f"{right} of {len(mine)} right, {wrong} wrong, the rest undecided{placed}"
            rows.append(Row(f"{what} workers that live for {life_s:g} s", reached, "none wrong"))
    return rows


def main() -> None:
    """Run the bench and print its table."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="how often each pool is run")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    chosen = pools(options.runs)
    records = [record(pool, result) for pool, result in zip(chosen, measure(chosen, options.jobs), strict=True)]
    for one in records:
        print(one["pool"], one["verdict"], one["seconds"], one["reason"])
    publish("recycled", "Pools whose workers are replaced", summary(records), records)


if __name__ == "__main__":
    main()
