"""Seconds from the start of leakgate to the verdict with its line, for the leaking servers and workers of the recipes.

make bench-server-times; the frameworks are in the environment `.recipes` (see `.ci/run`)
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.runs.arms import children_cpu_s, end_on_sigterm
from bench.runs.known_cases import BENCH
from bench.runs.table import Row, publish

ROOT: Final = BENCH.parent
APPLICATIONS: Final = ROOT / "tests" / "recipes"
PAGES: Final = ("gate-a-server.md", "gate-a-worker.md")
BAR_S: Final = 20.0
"""Seconds within which a leak of 200 bytes a request or more must be reported."""
PARTS: Final = {
    "started": "start",
    "setting up": "set-up",
    "starting services": "ready",
    "waiting until ready": "ready",
    "watching": "watch",
    "extended": "watch",
    "explaining": "explain",
    "stopping": "stop",
    "judged": "report",
}
"""By the phase that begins, the part of the time that it belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One run of leakgate."""

    took_s: float
    cpu_s: float
    """Processor time of leakgate, the server, its services and the load."""
    parts_s: dict[str, float]
    result: dict[str, Any]


def recipes() -> dict[str, str]:
    """Return the recipes of the documentation by their name."""
    texts = [(ROOT / "docs" / page).read_text("utf-8") for page in PAGES]
    blocks = [block for text in texts for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]
    return {re.findall(r"- name: (\w+)", block)[0]: block for block in blocks}


def run(name: str, recipe: str, python: Path) -> Course:
    """Run one leaking application as its recipe says."""
    with tempfile.TemporaryDirectory(prefix="leakgate-bench-") as folder:
        project, notes = Path(folder, name), Path(folder, "phases.txt")
        shutil.copytree(APPLICATIONS / name, project)
        (project / "leakgate.yaml").write_text(recipe.replace(".venv/bin/python", str(python)), "utf-8")
        words = [sys.executable, str(BENCH / "inside" / "phases.py"), str(notes), "run", "--json", "results.json"]
        began_s, cpu_s = time.time(), children_cpu_s()
        subprocess.run(
            words,
            cwd=project,
            env={**os.environ, "LEAK": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        took_s = time.time() - began_s
        lines = [line.split(" ", 1) for line in notes.read_text("utf-8").splitlines()]
        marks = [(began_s, "started"), *((float(at_s), phase) for at_s, phase in lines), (began_s + took_s, "end")]
        parts_s: dict[str, float] = {}
        for (at_s, phase), (next_s, _) in pairwise(marks):
            part = PARTS.get(phase, phase)
            parts_s[part] = parts_s.get(part, 0.0) + next_s - at_s
        (result,) = json.loads((project / "results.json").read_text("utf-8"))["scripts"]
        return Course(took_s=took_s, cpu_s=children_cpu_s() - cpu_s, parts_s=parts_s, result=result)


def record(name: str, course: Course) -> dict[str, Any]:
    """Return what is kept of a run."""
    result = course.result
    leaks = result.get("leaks") or [{}]
    return {
        "application": name,
        "verdict": result["verdict"],
        "place": f"{Path(str(leaks[0].get('file'))).name}:{leaks[0].get('line')}",
        "reason": result["reason"],
        "requests_per_s": result["iterations_per_s"],
        "seconds": round(course.took_s, 2),
        "processor_seconds": round(course.cpu_s, 2),
        "parts": {part: round(seconds, 2) for part, seconds in course.parts_s.items()},
        "load_of_the_machine": round(os.getloadavg()[0], 1),
    }


def summary(records: list[dict[str, Any]]) -> list[Row]:
    """Return one row for each application."""
    rows = []
    for name in dict.fromkeys(one["application"] for one in records):
        mine = [one for one in records if one["application"] == name]
        found = sum(one["verdict"] == "leak" for one in mine)
        parts = ", ".join(
            f"{part} {median(one['parts'].get(part, 0.0) for one in mine):.1f}"
            for part in dict.fromkeys(PARTS.values())
        )
        reached = (
            f"{median(one['seconds'] for one in mine):.1f} s ({parts}), "
            f"{median(one['processor_seconds'] for one in mine):.1f} s of processor; {found} of {len(mine)} found"
        )
        rows.append(Row(f"{name}: from the start of leakgate to its end", reached, f"{BAR_S:.0f} s"))
    return rows


def main() -> None:
    """Run the bench and print its table."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1, help="runs of each application")
    parser.add_argument("--only", nargs="*", help="these applications only")
    parser.add_argument("--python", type=Path, default=ROOT / ".recipes" / "bin" / "python", help="has the frameworks")
    options = parser.parse_args()
    if not options.python.exists():
        raise SystemExit(f"no environment with the frameworks: {options.python} is missing; .ci/run makes it")
    records = []
    wanted = {name: recipe for name, recipe in recipes().items() if not options.only or name in options.only}
    for name, recipe in wanted.items():
        for _ in range(options.runs):
            records.append(record(name, run(name, recipe, options.python.absolute())))
            print(json.dumps(records[-1]), flush=True)
    publish("server_times", "Servers: seconds to the verdict", summary(records), records)


if __name__ == "__main__":
    main()
