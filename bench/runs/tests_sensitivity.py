"""The answers of `leakgate call` for planted leaks and for healthy caches.

make bench-tests-sensitivity      every callable of bench/inside/planted_calls.py, each in a process of its own
python -m bench.runs.tests_sensitivity --only tasks --python /path/to/python
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.inside import planted_calls

FOLDER = Path(planted_calls.__file__).parent
RESULTS = FOLDER.parent / "results" / "tests_sensitivity.json"


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
        about = {"date": datetime.now(UTC).date().isoformat(), "machine": platform.platform(), "rows": rows}
        RESULTS.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


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
