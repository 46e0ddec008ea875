"""The own test suites of packages, test by test: which answers they get, and which tests are called a leak.

make bench-tests-false-alarms SUITES=/folder/of/unpacked/source/distributions PYTHON_OF_SUITES=/venv/bin/python
python -m bench.runs.tests_false_alarms --read structlog=results.json ...    put together results of earlier runs

Each folder in SUITES is one suite, run as `leakgate pytest tests` in that folder; the interpreter has the packages and
what their tests need.
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent.parent / "results" / "tests_false_alarms.json"


def main() -> None:
    """Run or read, print a line for each suite, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", nargs="?", type=Path)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--jobs", default="auto")
    parser.add_argument("--read", nargs="*", default=[], metavar="NAME=RESULTS.JSON")
    options = parser.parse_args()
    read = [_row(name, Path(path)) for name, _, path in (pair.partition("=") for pair in options.read)]
    folders = sorted(path for path in options.suites.iterdir() if path.is_dir()) if options.suites else []
    rows = [*read, *(_run(folder, options.python, options.jobs) for folder in folders)]
    for row in rows:
        print(f"{row['suite']:30} {row['tests']:6} tests {row['seconds']:7.0f} s  {row['answers']}")
        for leak in row["leaks"]:
            print(f"    {leak}")
    about = {"date": datetime.now(UTC).date().isoformat(), "machine": platform.platform(), "suites": rows}
    RESULTS.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def _run(folder: Path, python: str, jobs: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as out:
        results = Path(out) / "results.json"
        tests = ["tests"] if (folder / "tests").is_dir() else []
        command = [sys.executable, "-m", "leakgate", "pytest", *tests, "--python", python, "--jobs", jobs, "--quiet"]
        subprocess.run(
            [*command, "--json", str(results), "--", "-p", "no:cacheprovider"],
            cwd=folder,
            capture_output=True,
            check=False,
        )
        return _row(folder.name, results)


def _row(name: str, results: Path) -> dict[str, Any]:
    script = json.loads(results.read_text(encoding="utf-8"))["scripts"][0]
    leaks = [f"{len(leak['tests'])} tests, such as {leak['tests'][0]}: {leak['per_call']}" for leak in script["leaks"]]
    return {
        "suite": name,
        "tests": len(script["tests"]),
        "seconds": script["duration_s"],
        "answers": dict(Counter(test["answer"] for test in script["tests"])),
        "leaks": leaks,
        "python": script["environment"]["python"],
    }


if __name__ == "__main__":
    main()
