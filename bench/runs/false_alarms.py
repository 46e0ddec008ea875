"""How often leakgate fails a healthy program: repeated runs of the same programs, each through the real `leakgate run`.

Healthy are the workloads of pyperformance, the fixed versions of the real leaks, and the programs that grow for some
time or vary but do not leak. Programs that grow for as long as they run even without leakgate
(`make bench-growing`) are counted separately. New runs are added to the file of results; programs with the fewest runs
come first. Runs with another state of the engine are dropped.

make bench-false-alarms
python -m bench.runs.false_alarms --minutes 10 --jobs 2 --groups workloads,fixed,healthy
"""

import argparse
import hashlib
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

import leakgate
from bench.runs.environments import STORE
from bench.runs.gate_runs import Run, run_cases
from bench.runs.known_cases import Case, all_cases
from bench.runs.table import Row, keep, publish, recorded
from bench.runs.workloads import Workload, all_workloads

ALARMS: Final = STORE / "alarms"
BATCH: Final = 16
WANTED: Final = 300
DEFAULT_DURATION_S: Final = 30
"""leakgate's default duration, with which the workloads are watched."""
FAILING: Final = ("leak", "over-budget", "regression")
RULE_OF_THREE: Final = 3.0
"""If none of n runs failed, the true rate is below 3 / n with 95 % confidence."""
ENGINE: Final = (
    *("growth/*.py", "pacing/*.py", "measure/*.py", "verdict/rules/growth_rule.py"),
    *("probe/cabi.py", "probe/collect.py", "probe/gauges.py", "probe/main_thread.py", "probe/sampler.py"),
)
"""The modules that decide whether memory grows. Explaining and reporting may change within a series."""
Records = Sequence[dict[str, Any]]


def engine() -> str:
    """Return a short name of the engine's state: leakgate's version and a digest of the modules that decide."""
    package = Path(leakgate.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(path for pattern in ENGINE for path in package.glob(pattern)):
        digest.update(path.read_bytes())
    return f"{leakgate.__version__}-{digest.hexdigest()[:8]}"


def healthy_cases(groups: Sequence[str]) -> list[Case]:
    """Return every program that must not be failed."""
    found = [_case(workload) for workload in all_workloads()] if "workloads" in groups else []
    if "fixed" in groups:
        found += [case for case in all_cases(("py", "native")) if not case.leaks]
    if "healthy" in groups:
        found += [case for case in all_cases(("hard", "programs")) if not case.leaks]
    return found


def _growing() -> frozenset[str]:
    """Return the workloads that grow for as long as they are looped, as `make bench-growing` measured."""
    return frozenset(record["workload"] for record in recorded("growing") if record["kb_per_s"] > 0)


def _case(workload: Workload) -> Case:
    return Case(
        name=workload.name,
        group="workloads",
        script=workload.script,
        leaks=False,
        kinds=("none",),
        places=(),
        duration_s=DEFAULT_DURATION_S,
        args=workload.args,
        env=tuple(workload.env().items()),
        interpreter=workload.python,
        creeps=workload.name in _growing(),
    )


def next_batch(cases: Sequence[Case], done: Counter[str], size: int) -> list[Case]:
    """Return the cases with the fewest runs, otherwise in random order; no two that use the same port."""
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
    parser.add_argument("--runs", type=int, default=WANTED, help="recorded runs of healthy programs to reach")
    parser.add_argument("--only", default="", help="names, with commas")
    parser.add_argument("--fresh", action="store_true", help="forget the runs that are recorded")
    parser.add_argument("--name", default="false_alarms", help="of the result file")
    options = parser.parse_args()
    only = set(filter(None, options.only.split(",")))
    cases = [case for case in healthy_cases(options.groups.split(",")) if not only or case.name in only]
    records = [] if options.fresh else _of_this_engine(options.name)
    left_out: set[str] = set()
    give_up = time.monotonic() + 60 * options.minutes
    while sum(record["healthy"] for record in records) < options.runs and time.monotonic() < give_up:
        done = Counter(str(record["case"]) for record in records)
        state = engine()
        runs, missing = _run_batch(next_batch(cases, done, BATCH), options.jobs)
        left_out.update(missing)
        cases = [case for case in cases if not any(text.startswith(f"{case.name}:") for text in left_out)]
        records += [{**_record(run, options.jobs), "engine": state} for run in runs]
        keep(options.name, summary(records), records, sorted(left_out))
        print(f"{len(records)} runs", flush=True)
    publish(options.name, "False alarms", summary(records), records, sorted(left_out))


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


def summary(records: Records) -> list[Row]:
    """Return the table."""
    healthy = [record for record in records if record["healthy"]]
    alarms = [record for record in healthy if record["verdict"] in FAILING]
    programs = len({record["case"] for record in healthy})
    rows = [
        Row("runs of healthy programs", f"{len(healthy)} of {programs} programs", "300"),
        Row("failed (false alarms)", f"{len(alarms)}", "none"),
    ]
    if healthy and not alarms:
        rows.append(Row("so at most, with 95 % confidence", f"{100 * RULE_OF_THREE / len(healthy):.1f} % of runs"))
    rows += [Row(verdict, _counted(healthy, (verdict,))) for verdict in ("inconclusive", "error")]
    seconds = [record["seconds"] for record in healthy if record["verdict"] == "ok"]
    if seconds:
        rows.append(Row("median time to `ok`", f"{median(seconds):.1f} s"))
    rest = [record for record in records if not record["healthy"]]
    rows.append(Row("programs that do grow for ever, and were failed", _counted(rest, FAILING)))
    rows.append(Row("programs that do grow for ever, and were not", _counted(rest, ("ok", "inconclusive", "error"))))
    named = Counter(str(record["case"]) for record in alarms)
    rows += [Row(f"false alarm: {name}", f"{count} times") for name, count in named.most_common()]
    rows.append(Row("states of the engine", ", ".join(sorted({record["engine"] for record in records}))))
    return rows


def _counted(records: Records, verdicts: Sequence[str]) -> str:
    counted = Counter(str(record["case"]) for record in records if record["verdict"] in verdicts)
    total = f"{counted.total()} of {len(records)}"
    names = ", ".join(f"{name} ({count})" for name, count in sorted(counted.items()))
    return f"{total}: {names}" if names else total


def _record(run: Run, jobs: int) -> dict[str, Any]:
    return {
        "case": run.case.name,
        "group": run.case.group,
        "verdict": run.verdict,
        "healthy": not run.case.creeps,
        "kind": run.kind,
        "seconds": round(run.seconds, 1),
        "jobs": jobs,
        "reason": "" if run.verdict == "ok" else run.reason,
        "first": run.first,
    }


def _of_this_engine(name: str) -> list[dict[str, Any]]:
    """Return the recorded runs of the engine of today, without those of an earlier one."""
    records = recorded(name)
    of_today = [record for record in records if record.get("engine") == engine()]
    if len(of_today) < len(records):
        print(f"{len(records) - len(of_today)} runs of another state of the engine are forgotten", flush=True)
    return of_today


if __name__ == "__main__":
    main()
