"""How often leakgate fails a healthy program: the same programs again and again, each through the real `leakgate run`.

Healthy are the workloads of pyperformance, the fixed versions of the real leaks, and the programs that grow for a
while or swing but do not leak. The file of results is added to: those with the fewest runs come first.

make bench-false-alarms
python -m bench.false_alarms --minutes 10 --jobs 2 --groups workloads,fixed,healthy
"""

import argparse
import json
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.cases import REAL_DURATION_S, Case, all_cases
from bench.environments import STORE
from bench.gate_runs import Run, run_cases
from bench.table import RESULTS, Row, keep, publish
from bench.workloads import Workload, all_workloads

ALARMS: Final = STORE / "alarms"
BATCH: Final = 16
WANTED: Final = 300
FAILING: Final = ("leak", "over-budget", "regression")
RULE_OF_THREE: Final = 3.0
"""Where none of n runs failed, the true rate is below 3 / n with 95 % confidence."""


def healthy_cases(groups: Sequence[str]) -> list[Case]:
    """Every program that must not be failed."""
    found = [_case(workload) for workload in all_workloads()] if "workloads" in groups else []
    if "fixed" in groups:
        found += [case for case in all_cases(("py", "native")) if not case.leaks]
    if "healthy" in groups:
        found += [case for case in all_cases(("hard", "programs")) if not case.leaks]
    return found


def _growing() -> frozenset[str]:
    """Workloads that grow for as long as they are looped, as `make bench-growing` saw without leakgate."""
    place = RESULTS / "growing.json"
    if not place.exists():
        return frozenset()
    records = json.loads(place.read_text("utf-8"))["records"]
    return frozenset(record["workload"] for record in records if record["kb_per_s"] > 0)


def _case(workload: Workload) -> Case:
    return Case(
        name=workload.name,
        group="workloads",
        script=workload.script,
        leaks=False,
        kinds=("none",),
        places=(),
        duration_s=REAL_DURATION_S,
        args=workload.args,
        env=tuple(workload.env().items()),
        interpreter=workload.python,
        creeps=workload.name in _growing(),
    )


def next_batch(cases: Sequence[Case], done: Counter[str], size: int) -> list[Case]:
    """Those with the fewest runs, in an order of chance; no two that listen on the same port."""
    chance = random.Random(sum(done.values()))  # noqa: S311 - not a secret
    ordered = sorted(cases, key=lambda case: (done[case.name], chance.random()))
    batch: list[Case] = []
    for case in ordered:
        on_port = case.name.startswith("asyncio_tcp")
        if len(batch) < size and not (on_port and any(one.name.startswith("asyncio_tcp") for one in batch)):
            batch.append(case)
    return batch


def main() -> None:
    """Run batches until enough runs are recorded or the time is over."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", default="workloads,fixed,healthy")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=600)
    parser.add_argument("--runs", type=int, default=WANTED, help="recorded runs to reach")
    parser.add_argument("--only", default="", help="names, with commas")
    parser.add_argument("--fresh", action="store_true", help="forget the runs that are recorded")
    options = parser.parse_args()
    only = set(filter(None, options.only.split(",")))
    cases = [case for case in healthy_cases(options.groups.split(",")) if not only or case.name in only]
    records = [] if options.fresh else _recorded()
    left_out: set[str] = set()
    give_up = time.monotonic() + 60 * options.minutes
    while len(records) < options.runs and time.monotonic() < give_up:
        done = Counter(str(record["case"]) for record in records)
        runs, missing = _run_batch(next_batch(cases, done, BATCH), options.jobs)
        left_out.update(missing)
        cases = [case for case in cases if not any(text.startswith(f"{case.name}:") for text in left_out)]
        records += [_record(run, options.jobs) for run in runs]
        keep("false_alarms", summary(records), records, sorted(left_out))
        print(f"{len(records)} runs", flush=True)
    publish("false_alarms", "False alarms", summary(records), records, sorted(left_out))


def _run_batch(batch: list[Case], jobs: int) -> tuple[tuple[Run, ...], tuple[str, ...]]:
    with tempfile.TemporaryDirectory(prefix="leakgate-bench-") as sessions:
        runs, missing = run_cases(batch, jobs=jobs, options=("--output", sessions))
        for run in runs:
            if run.verdict != "ok":
                print(f"{run.verdict:12} {run.case.name}: {run.reason}", flush=True)
            if run.verdict in FAILING:
                place = ALARMS / f"{run.case.name}-{datetime.now(UTC):%H%M%S}"
                shutil.copytree(Path(sessions, run.case.name), place, dirs_exist_ok=True)
    return runs, missing


def summary(records: Sequence[dict[str, Any]]) -> list[Row]:
    """The table."""
    growing = _growing()
    told = [record for record in records if record["verdict"] in FAILING]
    alarms = [record for record in told if record["alarm"] and record["case"] not in growing]
    rows = [
        Row("runs of healthy programs", f"{len(records)} of {len({r['case'] for r in records})} programs", "300"),
        Row("failed (false alarms)", f"{len(alarms)}", "none"),
    ]
    if records and not alarms:
        rows.append(Row("so at most, with 95 % confidence", f"{100 * RULE_OF_THREE / len(records):.1f} % of runs"))
    for verdict in ("inconclusive", "error"):
        count = sum(record["verdict"] == verdict for record in records)
        rows.append(Row(verdict, f"{count} of {len(records)}"))
    seconds = [record["seconds"] for record in records if record["verdict"] == "ok"]
    if seconds:
        rows.append(Row("median time to `ok`", f"{median(seconds):.1f} s"))
    rows.append(Row("failed, and does grow for ever", _counted(told, lambda record: record not in alarms)))
    named = Counter(str(record["case"]) for record in alarms)
    rows += [Row(f"false alarm: {name}", f"{count} times") for name, count in named.most_common()]
    return rows


def _counted(records: Sequence[dict[str, Any]], wanted: Callable[[dict[str, Any]], bool]) -> str:
    counted = Counter(str(record["case"]) for record in records if wanted(record))
    return ", ".join(f"{name} ({count})" for name, count in sorted(counted.items())) or "none"


def _record(run: Run, jobs: int) -> dict[str, Any]:
    return {
        "case": run.case.name,
        "group": run.case.group,
        "verdict": run.verdict,
        "alarm": run.verdict in FAILING and not run.right,
        "kind": run.kind,
        "seconds": round(run.seconds, 1),
        "jobs": jobs,
        "reason": "" if run.verdict == "ok" else run.reason,
        "first": run.first,
    }


def _recorded() -> list[dict[str, Any]]:
    place = RESULTS / "false_alarms.json"
    records: list[dict[str, Any]] = json.loads(place.read_text("utf-8"))["records"] if place.exists() else []
    return records


if __name__ == "__main__":
    main()
