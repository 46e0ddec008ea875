"""The answers of `leakgate call` for planted leaks and for healthy caches.

make bench-tests-sensitivity      every callable of bench/inside/planted_calls.py, each in a process of its own
python -m bench.runs.tests_sensitivity --only tasks --python /path/to/python
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.inside import planted_calls
from bench.runs.table import Row, publish

FOLDER = Path(planted_calls.__file__).parent


def main() -> None:
    """Run the bench, print a line for each callable, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--python", default=sys.executable)
    options = parser.parse_args()
    names = [(name, "leak") for name in planted_calls.LEAKS] + [(name, "ok") for name in planted_calls.HEALTHY]
    rows = [_run(name, expected, options.python) for name, expected in names if options.only in name]
    for row in rows:
        wrong = "" if row["answer"] == row["expected"] else "  <<<"
        print(
            f"{row['name']:22} {row['answer']:14} {row['calls']:5} calls {row['seconds']:6.1f} s  {row['said']}{wrong}"
        )
    if not options.only:
        publish("tests_sensitivity", "Planted leaks and healthy caches", summary(rows), rows)


def summary(rows: list[dict[str, Any]]) -> list[Row]:
    """How many of the leaks were found, and how many healthy callables were called a leak."""
    leaks = [row for row in rows if row["expected"] == "leak"]
    healthy = [row for row in rows if row["expected"] == "ok"]
    found = [row for row in leaks if row["answer"] == "leak"]
    missed = ", ".join(row["name"] for row in leaks if row not in found) or "none"
    seconds = sorted(row["seconds"] for row in rows)[len(rows) // 2]
    return [
        Row("planted leaks found", f"{len(found)} of {len(leaks)}", "all"),
        Row("missed", missed),
        Row("healthy callables called a leak", f"{_count(healthy, 'leak')} of {len(healthy)}", "none"),
        Row("healthy callables without an answer", f"{len(healthy) - _count(healthy, 'ok', 'leak')} of {len(healthy)}"),
        Row("median time for one callable, with start and explanation", f"{seconds:.1f} s"),
    ]


def _count(rows: list[dict[str, Any]], *answers: str) -> int:
    return sum(row["answer"] in answers for row in rows)


def _run(name: str, expected: str, python: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "results.json"
        command = [sys.executable, "-m", "leakgate", "call", f"planted_calls:{name}", "--python", python, "--quiet"]
        started = time.monotonic()
        subprocess.run([*command, "--json", str(out)], cwd=FOLDER, capture_output=True, check=False)
        seconds = time.monotonic() - started
        script = json.loads(out.read_text(encoding="utf-8"))["scripts"][0]
    test = script["tests"][0] if script["tests"] else {"answer": script["verdict"], "repetitions": 0, "message": ""}
    return {
        "name": name,
        "expected": expected,
        "answer": test["answer"],
        "calls": test["repetitions"],
        "seconds": round(seconds, 1),
        "said": test["message"],
    }


if __name__ == "__main__":
    main()
