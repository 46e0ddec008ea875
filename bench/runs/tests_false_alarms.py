"""The test suites of released packages, test by test: their answers, and which tests are called a leak.

make bench-tests-false-alarms      every suite of bench/suites.json, downloaded on first use
make bench-tests-cpython           parts of the suite of the interpreter's own library
python -m bench.runs.tests_false_alarms --only attrs click --seconds 60

Each suite runs twice with the same interpreter: plainly, and with `leakgate pytest`. Tests that fail only under
leakgate are named. Suites that are recorded already run again only with `--fresh` or `--interrupted`.
"""

import argparse
import contextlib
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from bench.runs.arms import end_on_sigterm, listen_to_interrupts
from bench.runs.environments import MissingError, environment, find_python
from bench.runs.known_cases import BENCH
from bench.runs.suites import Prepared, all_suites, prepare
from bench.runs.table import Row, keep, publish, recorded

Record = dict[str, Any]

CPYTHON: Final = BENCH / "cpython-tests.txt"
"""Parts of CPython's own suite that need no network, no display, no child processes and no hours."""
CPYTHON_PINS: Final = BENCH / "requirements-cpython.txt"
AT_ONCE: Final = 10
"""Files of CPython's suite in one run, by default."""
PLAIN_S: Final = 180.0
CONFIRM_S: Final = 600.0
"""Seconds for the suspects of an interrupted suite, which are confirmed after the first Ctrl-C."""
END_S: Final = 60.0
"""Seconds; a suite that has not ended this long after SIGTERM is a fault of leakgate."""
FAILED: Final = re.compile(r"^(?:FAILED|ERROR) (\S+::.*?)(?: - .*)?$", re.MULTILINE)


def main() -> None:
    """Run the suites that are not recorded yet, print a line for each, and write the results."""
    end_on_sigterm()
    listen_to_interrupts()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="suites of the list")
    parser.add_argument("--python", default="3.11", metavar="X.Y", help="minor version of the interpreter")
    parser.add_argument("--jobs", default="auto")
    parser.add_argument("--cpython", action="store_true", help="parts of the suite of the interpreter's own library")
    parser.add_argument("--seconds", type=float, default=150.0, help="for each suite; then it is interrupted")
    parser.add_argument("--time", default="2s", help="for the repetitions of one test")
    parser.add_argument("--plain-seconds", type=float, default=PLAIN_S, help="for each suite without leakgate; 0: none")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="files of CPython's suite in one run")
    parser.add_argument("--interrupted", action="store_true", help="run suites again that were interrupted before")
    parser.add_argument("--fresh", action="store_true", help="forget what is recorded")
    options = parser.parse_args()
    name = "tests_cpython" if options.cpython else "tests_false_alarms"
    records = [] if options.fresh else recorded(name)
    left_out: list[str] = []
    done = {one["suite"] for one in records if not (options.interrupted and one["interrupted"])}
    for title, made in _cpython(options, done) if options.cpython else _suites(options, done):
        if isinstance(made, MissingError):
            left_out.append(f"{title}: {made}")
            continue
        record = _run(made, options)
        print(_line(record), flush=True)
        if not record["tests"]:
            left_out.append(f"{title}: {record['said']}")
            continue
        records = _with(records, record)
        keep(name, summary(records), records, left_out)
    publish(name, "Own test suites, test by test", summary(records), records, left_out)


def _with(records: list[Record], new: Record) -> list[Record]:
    """Return the records with one more. Of two runs of a suite, the one that reached more tests stays."""
    before = next((one for one in records if one["suite"] == new["suite"]), None)
    if before is not None and before["tests"] > new["tests"] and not new["leaks"]:
        return records
    return [*(one for one in records if one is not before), new]


def _suites(options: argparse.Namespace, done: set[str]) -> Iterator[tuple[str, Prepared | MissingError]]:
    for suite in all_suites():
        if suite.name not in options.only if options.only else suite.title in done:
            continue
        try:
            yield suite.title, prepare(suite, options.python)
        except MissingError as missing:
            yield suite.title, missing


def _cpython(options: argparse.Namespace, done: set[str]) -> Iterator[tuple[str, Prepared | MissingError]]:
    """Yield the files of the interpreter's own suite that are not recorded, some at a time."""
    try:
        python = environment("cpython", CPYTHON_PINS, find_python(options.python), options.python)
    except MissingError as missing:
        yield f"CPython {options.python}", missing
        return
    where = "import test, sys; print(test.__path__[0]); print(sys.version.split()[0])"
    said = subprocess.run([python, "-c", where], capture_output=True, text=True, check=True).stdout.split()
    folder = Path(said[0])
    files = [name for name in CPYTHON.read_text(encoding="utf-8").split() if (folder / name).exists()]
    for start in range(0, len(files), options.at_once):
        tests = tuple(files[start : start + options.at_once])
        title = f"CPython {said[1]}, {tests[0][:-3]} to {tests[-1][:-3]}"
        if title not in done:
            yield title, Prepared(title=title, folder=folder, python=python, tests=tests)


def _run(suite: Prepared, options: argparse.Namespace) -> Record:
    plain_failed, plain_s = _plain(suite, options.plain_seconds) if options.plain_seconds else (None, 0.0)
    script, interrupted, ended_s = judge(suite, seconds=options.seconds, jobs=options.jobs, time_per_test=options.time)
    if script is None:
        return {"suite": suite.title, "tests": 0, "answers": {}, "leaks": [], "said": "no results"}
    tests = script["tests"]
    failed = {test["id"] for test in tests if test["answer"] == "failed"}
    only = None if plain_failed is None else sorted(failed - plain_failed)[:20]
    return {
        "suite": suite.title,
        "python": script["environment"]["python"],
        "tests": len(tests),
        "answers": dict(Counter(test["answer"] for test in tests)),
        "seconds": round(script["duration_s"], 1),
        "plain_seconds": round(plain_s, 1),
        "interrupted": interrupted,
        "ended_after_interrupt_s": ended_s,
        "failed_under_leakgate_only": only,
        "leaks": [_leak(leak) for leak in script["leaks"]],
        "undecided": {test["id"]: test["message"] for test in tests if test["answer"] == "inconclusive"},
        "said": script["reason"] if not tests else "",
        "repetitions": sum(test["repetitions"] for test in tests),
        "repeating_s": round(sum(test["seconds"] for test in tests), 1),
    }


def _leak(leak: Record) -> Record:
    grows = {name: round(value, 2) for name, value in leak["per_call"].items() if value}
    return {"tests": len(leak["tests"]), "first": leak["tests"][0], "per_call": grows, "place": leak.get("place")}


def _plain(suite: Prepared, longest_s: float) -> tuple[set[str] | None, float]:
    """Return the ids of tests that fail without leakgate (None if it took too long), and the seconds of the suite."""
    command = [str(suite.python), "-m", "pytest", *suite.tests, *suite.options]
    command += ["-q", "--tb=no", "-rfE", "-p", "no:cacheprovider"]
    started = time.monotonic()
    try:
        done = subprocess.run(command, cwd=suite.folder, capture_output=True, timeout=longest_s, check=False)
    except subprocess.TimeoutExpired:
        return None, time.monotonic() - started
    return set(FAILED.findall(done.stdout.decode("utf-8", "replace"))), time.monotonic() - started


def judge(suite: Prepared, *, seconds: float, jobs: str, time_per_test: str) -> tuple[Record | None, bool, float]:
    """Run the judged suite. After the given seconds, Ctrl-C ends the repetitions; tests that grew are still confirmed.

    Returns the results of the script (None: there are none), whether it was interrupted, and how long it took to end.
    """
    with tempfile.TemporaryDirectory() as out:
        results = Path(out) / "results.json"
        command = [sys.executable, "-m", "leakgate", "pytest", *suite.tests, "--python", str(suite.python), "--quiet"]
        command += ["--jobs", jobs, "--time", time_per_test, "--json", str(results)]
        command += ["--", "-p", "no:cacheprovider", *suite.options]
        process = subprocess.Popen(command, cwd=suite.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        interrupted, asked = False, 0.0
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            interrupted, asked = True, time.monotonic()
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(CONFIRM_S)
        finally:
            if process.poll() is None:  # also if the bench itself is interrupted
                process.terminate()
                process.wait(END_S)
        ended_s = round(time.monotonic() - asked, 1) if interrupted else 0.0
        script: Record | None = None
        if results.is_file():
            script = json.loads(results.read_text(encoding="utf-8"))["scripts"][0]
        return script, interrupted, ended_s


def _line(record: Record) -> str:
    return f"{record['suite']:40} {record['tests']:6} tests {record.get('seconds', 0):7.0f} s  {record['answers']}" + (
        "".join(f"\n    {leak}" for leak in record["leaks"])
    )


def _not_compared(records: Sequence[Record]) -> str:
    """Return how many suites took too long without leakgate to be compared; empty if none did."""
    count = sum(record.get("failed_under_leakgate_only") is None for record in records)
    return f"; {count} suites not compared, because they take too long or time was short" if count else ""


def summary(records: Sequence[Record]) -> list[Row]:
    """Return all suites together, then a line for each leak."""
    answers: Counter[str] = Counter()
    for record in records:
        answers.update(record["answers"])
    judged = sum(answers[name] for name in ("ok", "leak", "known"))
    only = [name for record in records for name in record.get("failed_under_leakgate_only") or ()]
    rows = [
        Row("suites", f"{len(records)}"),
        Row("tests", f"{sum(answers.values())}"),
        Row("tests judged ok or leak", f"{judged}"),
        *(Row(f"answer: {name}", f"{answers[name]}") for name in sorted(answers)),
        Row("tests that fail under leakgate only", f"{len(only)}" + _not_compared(records)),
    ]
    rows += [
        Row(f"leak in {record['suite']}", f"{leak['tests']} tests, such as `{leak['first']}`: {leak['per_call']}")
        for record in records
        for leak in record["leaks"]
    ]
    return rows


if __name__ == "__main__":
    main()
