"""The own test suites of libraries, with a release that leaks and with the release that fixed it.

make bench-tests-releases
python -m bench.runs.tests_releases --only structlog msgpack

`bench/releases.json` lists the suites: the case of the corpus that pins both releases, the tests, and the packages that
the tests need. Each release runs the tests of its own source distribution.
"""

import argparse
import json
from collections import Counter
from typing import Any, Final

from bench.runs.arms import end_on_sigterm, listen_to_interrupts
from bench.runs.environments import STORE, MissingError, environment, find_python
from bench.runs.known_cases import BENCH, TUNED
from bench.runs.suites import COMMON, Prepared, Suite, fetch
from bench.runs.table import Row, keep, publish, recorded
from bench.runs.tests_false_alarms import judge

Record = dict[str, Any]

LIST: Final = BENCH / "releases.json"
MINOR: Final = "3.11"
HALVES: Final = ("leaky", "fixed")


def main() -> None:
    """Run both releases of each suite, print a line for each, and write the results."""
    end_on_sigterm()
    listen_to_interrupts()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME")
    parser.add_argument("--seconds", type=float, default=300.0, help="for each release; then it is interrupted")
    parser.add_argument("--time", default="2s", help="for the repetitions of one test")
    parser.add_argument("--jobs", default="auto")
    options = parser.parse_args()
    records: list[Record] = recorded("tests_releases")
    left_out: list[str] = []
    for entry in json.loads(LIST.read_text("utf-8")):
        if options.only and entry["name"] not in options.only:
            continue
        for half in HALVES:
            title = f"{entry['name']} {half}"
            try:
                suite = _prepare(entry, half)
            except MissingError as missing:
                left_out.append(f"{title}: {missing}")
                continue
            record = {"release": title, **_run(suite, options)}
            print(json.dumps(record), flush=True)
            records = [*(one for one in records if one["release"] != title), record]
            keep("tests_releases", summary(records), records, left_out)
    publish("tests_releases", "Own suites at both releases", summary(records), records, left_out)


def _prepare(entry: Record, half: str) -> Prepared:
    """Make the environment of one release and unpack its source. Raises MissingError."""
    pins = (TUNED / "packages" / entry["case"] / f"requirements-{half}.txt").read_text("utf-8")
    wanted = STORE / "releases" / f"{entry['name']}-{half}.txt"
    wanted.parent.mkdir(parents=True, exist_ok=True)
    wanted.write_text("\n".join([pins.strip(), "pytest==8.4.2", *entry["needs"], ""]), encoding="utf-8")
    python = environment(f"release-{entry['name']}-{half}", wanted, find_python(MINOR), MINOR)
    versions = dict(line.split("==") for line in pins.split() if "==" in line)
    suite = Suite(
        name=entry["name"],
        version=versions[entry["name"]],
        tests=tuple(entry["tests"]),
        hide=tuple(entry.get("hide", [])),
        options=tuple(entry.get("options", [])),
    )
    folder = STORE / "suites" / f"{suite.name}-{suite.version}"
    if not folder.is_dir():
        fetch(suite, python, folder)
    return Prepared(
        title=suite.title, folder=folder, python=python, tests=suite.tests, options=(*COMMON, *suite.options)
    )


def _run(suite: Prepared, options: argparse.Namespace) -> Record:
    script, interrupted, _ = judge(suite, seconds=options.seconds, jobs=options.jobs, time_per_test=options.time)
    if script is None:
        return {"title": suite.title, "tests": 0, "answers": {}, "leaks": [], "said": "no results"}
    tests = script["tests"]
    return {
        "title": suite.title,
        "tests": len(tests),
        "answers": dict(Counter(test["answer"] for test in tests)),
        "leaks": [f"{len(leak['tests'])} tests, such as {leak['tests'][0]}" for leak in script["leaks"]],
        "undecided": {test["id"]: test["message"] for test in tests if test["answer"] == "inconclusive"},
        "seconds": round(script["duration_s"], 1),
        "interrupted": interrupted,
        "said": script["reason"],
    }


def summary(records: list[Record]) -> list[Row]:
    """A line for each library: how many tests leak with the one release and with the other."""
    by_title = {record["release"]: record for record in records}
    rows = []
    for name in dict.fromkeys(title.rpartition(" ")[0] for title in by_title):
        both = [by_title.get(f"{name} {half}") for half in HALVES]
        rows.append(Row(name, "; ".join(_text(one) for one in both if one is not None), "some; 0"))
    return rows


def _text(record: Record) -> str:
    leaking = record["answers"].get("leak", 0)
    more = ", in part" if record.get("interrupted") else ""
    return f"{record['title']}: {leaking} of {record['tests']} tests leak ({record.get('seconds', 0):.0f} s{more})"


if __name__ == "__main__":
    main()
