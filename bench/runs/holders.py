"""How often leakgate names the right holder of a leak, and whether a leak keeps its signature.

make bench-holders            every Python leak with a known holder (bench/cases/holders/holders.json), twice:
                              unchanged, and with its lines moved
python -m bench.runs.holders --jobs 2 --only NAME
"""

import argparse
import json
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.runs.gate_runs import Run, run_cases
from bench.runs.known_cases import BENCH, Case, all_cases
from bench.runs.table import Row, publish

GROUPS = ("py", "hard", "held")
MOVED = "# moved\n" * 7
MATTERS = 0.12
"""Smallest share of the growth for a place to make a leak new."""


def main() -> None:
    """Run the bench and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    expected: dict[str, list[str]] = json.loads((BENCH / "cases" / "holders" / "holders.json").read_text("utf-8"))
    cases = [case for case in all_cases(GROUPS) if case.name in expected and options.only in case.name]
    first, left_out = _run(cases, "", options.jobs)
    second, _ = _run(cases, MOVED, options.jobs)
    moved = {run.case.name: run for run in second}
    records = [_record(run, moved[run.case.name], expected[run.case.name]) for run in first]
    for record in records:
        print(_line(record))
    publish("holders", "Holders", _summary(records), records, left_out)


def _run(cases: list[Case], above: str, jobs: int) -> tuple[tuple[Run, ...], tuple[str, ...]]:
    """Run copies of the programs, all in folders with the same names, with ``above`` as first lines."""
    with tempfile.TemporaryDirectory(prefix="leakgate-bench-") as folder:
        return run_cases([_copied(case, Path(folder), above) for case in cases], jobs=jobs)


def _copied(case: Case, folder: Path, above: str) -> Case:
    script = folder / case.script.parent.name / case.script.name
    script.parent.mkdir(exist_ok=True)
    script.write_text(above + case.script.read_text("utf-8"), "utf-8")
    return replace(case, script=script)


def _record(run: Run, moved: Run, expected: list[str]) -> dict[str, object]:
    leaks = run.result["leaks"]
    holder: dict[str, Any] = next((leak["holder"] for leak in leaks if leak["holder"]), {})
    written = holder.get("writer")
    frames = [*(leaks[0]["traceback"] if leaks else []), *([written] if written else [])]
    return {
        "case": run.case.name,
        "held_by": holder.get("path", ""),
        "holder_right": any(holder.get("path", "").endswith(path) for path in expected),
        "written_at": f"{Path(written['file']).name}:{written['line']} {written['function']}" if written else "",
        "line_right": any(_is_answer(run.case, frame) for frame in frames),
        "kind_right": run.right_kind,
        "advice": leaks[0]["advice"] if leaks else "",
        "same_signature": bool(leaks) and _signatures(run) <= _all_signatures(moved),
        "longest_pause_s": (run.result["explanation"] or {}).get("longest_pause_s"),
    }


def _is_answer(case: Case, frame: dict[str, Any]) -> bool:
    names = [(place.function.rpartition(".")[2], Path(place.file_suffix).name) for place in case.places]
    found = frame["function"].rpartition(".")[2], Path(frame["file"]).name
    return found in names or any(place.matches(frame["file"], frame["function"]) for place in case.places)


def _signatures(run: Run) -> set[str]:
    return {leak["signature"] for leak in run.result["leaks"] if leak["share"] >= 2 * MATTERS}


def _all_signatures(run: Run) -> set[str]:
    return {leak["signature"] for leak in run.result["leaks"]}


def _summary(records: list[dict[str, object]]) -> list[Row]:
    return [
        Row("holder named and right", _share(bool(record["holder_right"]) for record in records), "80 %"),
        Row("writer or allocation line right", _share(bool(record["line_right"]) for record in records), "95 %"),
        Row("kind right", _share(bool(record["kind_right"]) for record in records), "95 %"),
        Row("same signature after lines moved", _share(bool(record["same_signature"]) for record in records), "all"),
        Row("with advice", _share(bool(record["advice"]) for record in records)),
    ]


def _share(flags: Iterable[bool]) -> str:
    known = list(flags)
    return f"{sum(known)} of {len(known)}" if known else "none run"


def _line(record: dict[str, object]) -> str:
    wrong = [name for name in ("holder_right", "line_right", "kind_right", "same_signature") if not record[name]]
    return f"{','.join(wrong) or 'ok':14} {record['case']:20} {record['held_by']}  <- {record['written_at']}"


if __name__ == "__main__":
    main()
