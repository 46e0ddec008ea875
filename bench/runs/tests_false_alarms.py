"""The own test suites of packages, test by test: which answers they get, and which tests are called a leak.

make bench-tests-false-alarms SUITES=/folder/of/unpacked/source/distributions PYTHON_OF_SUITES=/venv/bin/python
python -m bench.runs.tests_false_alarms --read structlog=results.json ...    put together results of earlier runs

Each folder in SUITES is one suite, run as `leakgate pytest tests` in that folder; the interpreter has the packages and
what their tests need. `--cpython` adds parts of the suite of the interpreter's own library.
"""

import argparse
import json
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent.parent / "results" / "tests_false_alarms.json"


CPYTHON = tuple(
    f"test_{name}"
    for name in [
        "dict",
        "list",
        "set",
        "tuple",
        "bytes",
        "str",
        "json",
        "re",
        "collections",
        "functools",
        "heapq",
        "bisect",
        "itertools",
        "struct",
        "array",
        "enum",
        "dataclasses",
        "contextlib",
        "decimal",
        "csv",
        "copy",
        "textwrap",
        "string",
        "statistics",
        "fractions",
        "configparser",
        "argparse",
        "pprint",
        "weakref",
    ]
)
"""Parts of CPython's own suite that need no network, no display and no hours."""


def main() -> None:
    """Run or read, print a line for each suite, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", nargs="?", type=Path)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--jobs", default="auto")
    parser.add_argument("--read", nargs="*", default=[], metavar="NAME=RESULTS.JSON")
    parser.add_argument("--cpython", action="store_true", help="parts of the suite of the interpreter's own library")
    parser.add_argument("--seconds", type=float, default=360.0, help="time for all suites together")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    rows = [_row(name, Path(path)) for name, _, path in (pair.partition("=") for pair in options.read)]
    runs = (
        [(path, _tests_in(path)) for path in sorted(options.suites.iterdir()) if path.is_dir()]
        if options.suites
        else []
    )
    if options.cpython:
        runs += _cpython(options.python)
    until = time.monotonic() + options.seconds
    for at, (folder, tests) in enumerate(runs):
        share_s = max(5.0, (until - time.monotonic()) / (len(runs) - at))
        row = _run(folder, tests, options, share_s)
        rows += [row] if row is not None else []
    for row in rows:
        print(f"{row['suite']:30} {row['tests']:6} tests {row['seconds']:7.0f} s  {row['answers']}")
        for leak in row["leaks"]:
            print(f"    {leak}")
    about = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": platform.platform(),
        "tests": sum(row["tests"] for row in rows),
        "called_a_leak": sum(row["answers"].get("leak", 0) for row in rows),
        "suites": rows,
    }
    options.results.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def _tests_in(folder: Path) -> list[str]:
    return [name for name in ("tests", "testing") if (folder / name).is_dir()][:1]


def _cpython(python: str) -> list[tuple[Path, list[str]]]:
    where = "import test, sys; print(test.__path__[0])"
    folder = Path(subprocess.run([python, "-c", where], capture_output=True, text=True, check=True).stdout.strip())
    files = [f"{name}.py" for name in CPYTHON if (folder / f"{name}.py").is_file()]
    return [(folder, files[start : start + 10]) for start in range(0, len(files), 10)]


def _run(folder: Path, tests: list[str], options: argparse.Namespace, seconds: float) -> dict[str, Any] | None:
    """One suite; after its seconds it is interrupted, and what was judged until then counts."""
    with tempfile.TemporaryDirectory() as out:
        results = Path(out) / "results.json"
        command = [sys.executable, "-m", "leakgate", "pytest", *tests, "--python", options.python, "--quiet"]
        command += ["--jobs", options.jobs, "--time", "1s", "--json", str(results), "--", "-p", "no:cacheprovider"]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cut = False
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            cut = True
            process.send_signal(signal.SIGINT)
            process.wait(60)
        if not results.is_file():
            return None
        name = folder.name if folder.name != "test" else f"cpython {tests[0][:-3]} ..."
        return {**_row(name, results), "interrupted": cut}


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
