"""The cost of judging: a plain suite compared with the judged one by length of test, and 10,000 tests.

make bench-tests-cost
"""

import json
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

RESULTS: Final = Path(__file__).parent.parent / "results" / "tests_cost.json"
LENGTHS_MS: Final = ((0, 200), (1, 200), (10, 60), (100, 10))
"""(milliseconds of a test, number of tests)."""
MANY: Final = 10_000


def main() -> None:
    """Run the three parts and write the results."""
    about: dict[str, Any] = {"date": datetime.now(UTC).date().isoformat(), "machine": platform.platform()}
    about["by_length"] = [_length(milliseconds, count) for milliseconds, count in LENGTHS_MS]
    about["many"] = _many()
    RESULTS.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(about, indent=2))


def _length(milliseconds: int, count: int) -> dict[str, Any]:
    body = f"    time.sleep({milliseconds / 1000})\n" if milliseconds else "    pass\n"
    with tempfile.TemporaryDirectory() as folder:
        text = "import time\n\n" + "\n\n".join(f"def test_{number}():\n{body}" for number in range(count))
        Path(folder, "test_some.py").write_text(text, encoding="utf-8")
        plain_s = _seconds([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], folder)
        judged_s, script = _judged(folder, "1")
    return {
        "test_ms": milliseconds,
        "tests": count,
        "plain_s": plain_s,
        "judged_s": judged_s,
        "each_judged_ms": round(1000 * judged_s / count, 1),
        "repetitions": round(sum(test["repetitions"] for test in script["tests"]) / count, 1),
    }


def _many() -> dict[str, Any]:
    """Judge 10,000 empty tests: return the time of the report, the size of the results, and the answers."""
    with tempfile.TemporaryDirectory() as folder:
        text = "\n\n".join(f"def test_{number}():\n    pass\n" for number in range(MANY))
        Path(folder, "test_many.py").write_text(text, encoding="utf-8")
        judged_s, script = _judged(folder, "auto", "--output", f"{folder}/sessions", "--html", f"{folder}/r.html")
        results = Path(folder, "results.json").stat().st_size
        session = next(Path(folder, "sessions").rglob("session.json")).parent
        report_s = _seconds([sys.executable, "-m", "leakgate", "report", str(session)], folder)
        answers = {test["answer"] for test in script["tests"]}
        return {
            "tests": len(script["tests"]),
            "judged_s": judged_s,
            "report_of_the_session_s": report_s,
            "results_mb": round(results / 1e6, 2),
            "session_mb": round(sum(one.stat().st_size for one in session.rglob("*") if one.is_file()) / 1e6, 2),
            "answers": sorted(answers),
        }


def _judged(folder: str, jobs: str, *more: str) -> tuple[float, dict[str, Any]]:
    out = Path(folder, "results.json")
    command = [sys.executable, "-m", "leakgate", "pytest", "--python", sys.executable, "--jobs", jobs, "--quiet", *more]
    seconds = _seconds([*command, "--json", str(out), "--", "-p", "no:cacheprovider"], folder)
    script: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))["scripts"][0]
    return seconds, script


def _seconds(command: list[str], folder: str) -> float:
    started = time.monotonic()
    subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return round(time.monotonic() - started, 2)


if __name__ == "__main__":
    main()
