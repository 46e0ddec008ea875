"""Which route leaks, and how many bytes per request: a server with five routes, on a free and on half a processor.

make bench-routes
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.runs.arms import end_on_sigterm
from bench.runs.known_cases import BENCH
from bench.runs.table import Row, publish

SERVER: Final = BENCH / "inside" / "routes_server.py"
ROUTES: Final = 5
SIZES: Final = (64, 200, 1_000, 5_000, 100_000)
SLOT: Final = 8
"""Bytes per kept object of the list that holds the objects."""
PINNED: Final = "0"
DURATION: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A server: its leaks, and its part of a processor."""

    name: str
    leaks: dict[int, int]
    halved: bool

    def entry(self) -> dict[str, Any]:
        """Return the entry of leakgate.yaml."""
        leaks = ",".join(f"{route}:{size}" for route, size in self.leaks.items())
        return {
            "name": self.name,
            "path": str(SERVER),
            "args": ["{port}", leaks],
            "env": {"PINNED": PINNED} if self.halved else {},
            "duration": DURATION,
            "load": {"requests": [f"/{route}/{{n}}" for route in range(ROUTES)]},
        }


def trials(runs: int, *, halved: bool, seed: int) -> list[Trial]:
    """Return servers with none, one or two leaking routes in turn; routes and sizes are random."""
    chance = random.Random(seed)  # noqa: S311 - the same servers in every run
    found = []
    for number in range(runs):
        routes = chance.sample(range(ROUTES), number % 3)
        leaks = {route: chance.choice(SIZES) for route in routes}
        found.append(Trial(name=f"{'half' if halved else 'free'}-{number}", leaks=leaks, halved=halved))
    return found


def measure(chosen: Sequence[Trial]) -> list[dict[str, Any]]:
    """Return leakgate's results of the servers, measured one after another."""
    with tempfile.TemporaryDirectory(prefix="leakgate-bench-") as folder:
        config, out = Path(folder, "leakgate.yaml"), Path(folder, "results.json")
        config.write_text(json.dumps({"version": 1, "scripts": [one.entry() for one in chosen]}), "utf-8")
        command = [sys.executable, "-m", "leakgate", "run", "-c", str(config), "--jobs", "1", "--json", str(out)]
        ran = subprocess.run([*command, "--quiet", "--no-baseline"], check=False, stdout=subprocess.DEVNULL)
        if not out.exists():
            raise SystemExit(f"leakgate ended with {ran.returncode} and left no results")
        scripts: list[dict[str, Any]] = json.loads(out.read_text("utf-8"))["scripts"]
        return scripts


def record(trial: Trial, result: dict[str, Any]) -> dict[str, object]:
    """Return the routes that were named, and the error of each figure."""
    routes = {int(one["route"].split("/")[1]): one for one in result["routes"]}
    named = sorted(route for route, one in routes.items() if one["verdict"] == "leak")
    errors = {
        route: abs(routes[route]["bytes_per_request"]["estimate"] / (size + SLOT) - 1)
        for route, size in trial.leaks.items()
        if route in routes and routes[route]["bytes_per_request"]
    }
    return {
        "trial": trial.name,
        "leaks": {str(route): size for route, size in trial.leaks.items()},
        "verdict": result["verdict"],
        "reason": result["reason"],
        "requests_per_s": result["iterations_per_s"],
        "named": named,
        "right": named == sorted(trial.leaks) and result["verdict"] == ("leak" if trial.leaks else "ok"),
        "error": {str(route): round(error, 4) for route, error in errors.items()},
        "bytes": {
            str(route): one["bytes_per_request"] and round(one["bytes_per_request"]["estimate"], 2)
            for route, one in routes.items()
        },
    }


def summary(records: Sequence[dict[str, Any]]) -> list[Row]:
    """Return how many routes were named right, and the errors, with a free and with half a processor."""
    rows = []
    for kind, what in (("free", "a free processor"), ("half", "half a processor")):
        mine = [one for one in records if one["trial"].startswith(kind)]
        errors = sorted(error for one in mine for error in one["error"].values())
        right = sum(one["right"] for one in mine)
        rows.append(Row(f"routes named right, {what}", f"{right} of {len(mine)}", "all"))
        if errors:
            reached = f"{max(errors):.1%} at most, {median(errors):.1%} in the middle ({len(errors)} routes)"
            rows.append(Row(f"error of bytes a request, {what}", reached, "10 %"))
    return rows


def main() -> None:
    """Run the bench and print its table."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20, help="servers on a free processor, and as many on half of one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", help="only these servers, such as free-2 half-2; the table is not kept")
    parser.add_argument("--leaks", help="only this server, such as 0:64,2:200 (route:bytes); the table is not kept")
    options = parser.parse_args()
    chosen = [one for halved in (False, True) for one in trials(options.runs, halved=halved, seed=options.seed)]
    if options.leaks:
        leaks = {int(route): int(size) for route, size in (one.split(":") for one in options.leaks.split(","))}
        chosen = [Trial(name="free-own", leaks=leaks, halved=False)]
    elif options.only:
        chosen = [one for one in chosen if one.name in options.only]
    records = [record(trial, result) for trial, result in zip(chosen, measure(chosen), strict=True)]
    for one in records:
        print(one["trial"], one["verdict"], "leaks", one["leaks"], "named", one["named"], "error", one["error"])
        print("    bytes a request", one["bytes"])
    if not (options.leaks or options.only):
        publish("routes", "Routes of a server", summary(records), records)


if __name__ == "__main__":
    main()
