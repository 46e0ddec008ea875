"""The cost of judging: a plain suite compared with the judged one by length of test, and 10,000 tests.

make bench-tests-cost
python -m bench.runs.tests_cost --parts many repetition      the other parts stay as they are recorded
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import leakgate
from bench.runs.arms import children_cpu_s, end_on_sigterm, listen_to_interrupts
from bench.runs.table import Row, publish, recorded

LENGTHS_MS: Final = ((0, 200), (1, 1000), (10, 60), (100, 10))
"""(milliseconds of a test, number of tests)."""
PARTS: Final = ("lengths", "many", "repetition")
MANY: Final = 10_000
JUDGED: Final = 500
"""Tests that are judged for the session of `MANY` tests; the others are copies with other names."""
REPETITION: Final = """
import json, sys, time, types
from _thread import get_ident
from importlib import import_module

package = types.ModuleType("_leakgate_probe")
package.__path__ = ["FOLDER/probe", "FOLDER/growth"]
sys.modules["_leakgate_probe"] = package
import_module("_leakgate_probe.gauges").Reader(get_ident())
engine = import_module("_leakgate_probe.repeat.engine")
engine.Original.collect()
engine.Original.freeze()


def collect():
    for _ in range(2_000):
        engine.Original.collect()


def us(work):
    began = time.thread_time()
    work()
    return 500 * (time.thread_time() - began)


def loop():
    made = engine._Loop(lambda: None, engine.RepeatPlan(600.0, confirming=False, most=2_000))
    made._moments = frozenset()
    return made.run


whole = [us(loop()) for _ in range(60)]
print(json.dumps({"whole_us": min(whole), "collection_us": min(us(collect) for _ in range(60))}))
"""
"""The best of many rounds counts: other programs on the machine make a round slower, because they share its caches."""


def main() -> None:
    """Run the parts and write the results."""
    end_on_sigterm()
    listen_to_interrupts()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parts = parser.parse_args().parts
    *lengths, many, each = recorded("tests_cost") if set(parts) != set(PARTS) else [{}, {}]
    if "lengths" in parts:
        lengths = [_length(milliseconds, count) for milliseconds, count in LENGTHS_MS]
    if "many" in parts:
        many = _many()
    if "repetition" in parts:
        each = _repetition()
    records: list[dict[str, object]] = [*lengths, many, dict(each)]
    publish("tests_cost", "Cost of repeating a suite", summary(lengths, many, each), records)


def summary(lengths: list[dict[str, Any]], many: dict[str, Any], each: dict[str, float]) -> list[Row]:
    """A line for each length of a test, then the figures of very many tests."""
    rows = [
        Row(
            f"{one['tests']} tests of {one['test_ms']} ms, two processes",
            f"plain {one['plain_s']:.1f} s, judged {one['judged_s']:.1f} s ({one['processor_s']:.1f} s of processor "
            f"time), {one['repetitions']:.0f} repetitions each",
            "120 s" if one["test_ms"] == 1 else "",
        )
        for one in lengths
    ]
    return [
        *rows,
        Row(
            f"{many['judged']} empty tests, two processes",
            f"judged {many['judged_s']:.0f} s ({many['processor_s']:.1f} s of processor time)",
        ),
        Row(
            f"report and page of a session of {many['tests']:,} tests",
            f"{many['report_s']:.1f} s ({many['report_processor_s']:.1f} s of processor time)",
            "5 s",
        ),
        Row("size of their results", f"{many['results_mb']} MB", "20 MB"),
        Row("answers on them", ", ".join(many["answers"]), "ok"),
        Row(
            "reading and cleaning up in one repetition, beside the collection",
            f"{each['whole_us'] - each['collection_us']:.0f} µs of processor time",
            "30 µs",
        ),
    ]


def _length(milliseconds: int, count: int) -> dict[str, Any]:
    body = f"    time.sleep({milliseconds / 1000})\n" if milliseconds else "    pass\n"
    with tempfile.TemporaryDirectory() as folder:
        text = "import time\n\n" + "\n\n".join(f"def test_{number}():\n{body}" for number in range(count))
        Path(folder, "test_some.py").write_text(text, encoding="utf-8")
        plain_s, _ = _seconds([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], folder)
        judged_s, processor_s, script = _judged(folder, "2")
    return {
        "test_ms": milliseconds,
        "tests": count,
        "plain_s": plain_s,
        "judged_s": judged_s,
        "processor_s": processor_s,
        "each_judged_ms": round(1000 * judged_s / count, 1),
        "repetitions": round(sum(test["repetitions"] for test in script["tests"]) / count, 1),
    }


def _many() -> dict[str, Any]:
    """Judge `JUDGED` empty tests, make a session of `MANY` tests from them, and report it."""
    with tempfile.TemporaryDirectory() as folder:
        text = "\n\n".join(f"def test_{number}():\n    pass\n" for number in range(JUDGED))
        Path(folder, "test_many.py").write_text(text, encoding="utf-8")
        judged_s, processor_s, _ = _judged(folder, "2", "--output", f"{folder}/sessions")
        session = next(Path(folder, "sessions").rglob("session.json")).parent
        _multiply(session / "evidence.jsonl")
        results = Path(folder, "many.json")
        command = [sys.executable, "-m", "leakgate", "report", str(session), "--json", str(results)]
        report_s, report_processor_s = _seconds([*command, "--html", f"{folder}/r.html"], folder)
        tests = json.loads(results.read_text(encoding="utf-8"))["scripts"][0]["tests"]
        return {
            "judged": JUDGED,
            "judged_s": judged_s,
            "processor_s": processor_s,
            "tests": len(tests),
            "report_s": report_s,
            "report_processor_s": report_processor_s,
            "results_mb": round(results.stat().st_size / 1e6, 2),
            "session_mb": round(sum(one.stat().st_size for one in session.rglob("*") if one.is_file()) / 1e6, 2),
            "answers": sorted({test["answer"] for test in tests}),
        }


def _multiply(evidence: Path) -> None:
    """Repeat the tests of a session, each time with new ids, until there are `MANY`."""
    lines = evidence.read_text(encoding="utf-8").splitlines()
    tests = [line for line in lines if '"kind":"test"' in line]
    more = [line.replace("::test_", f"::test_{time}_", 1) for time in range(MANY // JUDGED) for line in tests]
    others = [line for line in lines if '"kind":"test"' not in line]
    end = json.dumps({"kind": "end", "lines": len(others) - 1 + len(more)}, separators=(",", ":"))
    evidence.write_text("\n".join([*others[:2], *more, *others[2:-1], end, ""]), encoding="utf-8")


def _repetition() -> dict[str, float]:
    """Return the microseconds of processor time of one repetition of an empty callable, and of its collection alone."""
    program = REPETITION.replace("FOLDER", str(Path(leakgate.__file__).parent))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _judged(folder: str, jobs: str, *more: str) -> tuple[float, float, dict[str, Any]]:
    """Return seconds, seconds of processor time, and the results of the suite."""
    out = Path(folder, "results.json")
    command = [sys.executable, "-m", "leakgate", "pytest", "--python", sys.executable, "--jobs", jobs, "--quiet", *more]
    seconds, processor_s = _seconds([*command, "--json", str(out), "--", "-p", "no:cacheprovider"], folder)
    script: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))["scripts"][0]
    return seconds, processor_s, script


def _seconds(command: list[str], folder: str) -> tuple[float, float]:
    """Return how long a command took, and the processor time of it and of all its processes."""
    started, before_s = time.monotonic(), children_cpu_s()
    subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return round(time.monotonic() - started, 2), round(children_cpu_s() - before_s, 2)


if __name__ == "__main__":
    main()
