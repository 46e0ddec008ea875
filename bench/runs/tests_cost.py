"""The cost of judging: a plain suite compared with the judged one by length of test, and 10,000 tests.

make bench-tests-cost
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from bench.runs.arms import end_on_sigterm, listen_to_interrupts
from bench.runs.table import Row, publish

LENGTHS_MS: Final = ((0, 200), (1, 1000), (10, 60), (100, 10))
"""(milliseconds of a test, number of tests)."""
MANY: Final = 10_000


def main() -> None:
    """Run the three parts and write the results."""
    end_on_sigterm()
    listen_to_interrupts()
    lengths = [_length(milliseconds, count) for milliseconds, count in LENGTHS_MS]
    many = _many()
    publish("tests_cost", "Cost of repeating a suite", summary(lengths, many), [*lengths, many])


def summary(lengths: list[dict[str, Any]], many: dict[str, Any]) -> list[Row]:
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
        Row(f"{many['tests']} empty tests judged", f"{many['judged_s']:.0f} s"),
        Row("report of their session", f"{many['report_of_the_session_s']:.1f} s", "5 s"),
        Row("size of their results", f"{many['results_mb']} MB", "20 MB"),
        Row("answers on them", ", ".join(many["answers"]), "ok"),
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
    """Judge 10,000 empty tests: return the time of the report, the size of the results, and the answers."""
    with tempfile.TemporaryDirectory() as folder:
        text = "\n\n".join(f"def test_{number}():\n    pass\n" for number in range(MANY))
        Path(folder, "test_many.py").write_text(text, encoding="utf-8")
        judged_s, _, script = _judged(folder, "2", "--output", f"{folder}/sessions", "--html", f"{folder}/r.html")
        results = Path(folder, "results.json").stat().st_size
        session = next(Path(folder, "sessions").rglob("session.json")).parent
        report_s, _ = _seconds([sys.executable, "-m", "leakgate", "report", str(session)], folder)
        answers = {test["answer"] for test in script["tests"]}
        return {
            "tests": len(script["tests"]),
            "judged_s": judged_s,
            "report_of_the_session_s": report_s,
            "results_mb": round(results / 1e6, 2),
            "session_mb": round(sum(one.stat().st_size for one in session.rglob("*") if one.is_file()) / 1e6, 2),
            "answers": sorted(answers),
        }


def _judged(folder: str, jobs: str, *more: str) -> tuple[float, float, dict[str, Any]]:
    """Return seconds, seconds of processor time, and the results of the suite."""
    out = Path(folder, "results.json")
    command = [sys.executable, "-m", "leakgate", "pytest", "--python", sys.executable, "--jobs", jobs, "--quiet", *more]
    seconds, processor_s = _seconds([*command, "--json", str(out), "--", "-p", "no:cacheprovider"], folder)
    script: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))["scripts"][0]
    return seconds, processor_s, script


def _seconds(command: list[str], folder: str) -> tuple[float, float]:
    """Return how long a command took, and the processor time of it and of all its processes."""
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return round(time.monotonic() - started, 2), round(processor_s, 2)


if __name__ == "__main__":
    main()
