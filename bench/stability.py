"""Whether verdicts change with the circumstances: side by side, busy neighbours, other interpreters, other allocator.

make bench-stability
"""

import argparse
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from bench.arms import end_on_sigterm
from bench.cases import Case, all_cases
from bench.environments import MissingError, find_python
from bench.gate_runs import Run, run_cases
from bench.table import Row, keep, publish

LEAKING: Final = ("frame_grabber", "task_dispatcher", "visit_counter", "checksum_native", "match_server", "audit_trail")
HEALTHY: Final = ("session_table", "etl_rollup", "mesh_optimizer", "nightly_batch", "plugin_host", "job_queue")
CIRCUMSTANCES: Final = ("alone", "jobs", "neighbour", "3.12", "3.13", "malloc")


def chosen() -> list[Case]:
    """Six programs that leak and six that do not, of several kinds, that need nothing installed."""
    known = {case.name: case for case in all_cases(("hard", "programs"))}
    return [known[name] for name in (*LEAKING, *HEALTHY) if name in known]


def run_under(circumstance: str, cases: list[Case]) -> tuple[tuple[Run, ...], tuple[str, ...]]:
    """What leakgate says of the cases under a circumstance, and what could not be run."""
    match circumstance:
        case "jobs":
            return run_cases(cases, jobs=max(2, os.cpu_count() or 2))
        case "neighbour":
            with _burners():
                return run_cases(cases, jobs=1)
        case "malloc":
            return run_cases([replace(one, env=(("PYTHONMALLOC", "malloc"),)) for one in cases], jobs=1)
        case "alone":
            return run_cases(cases, jobs=1)
        case minor:
            try:
                python = find_python(minor)
            except MissingError as missing:
                return (), (str(missing),)
            return run_cases([replace(one, interpreter=python) for one in cases], jobs=1)


@contextlib.contextmanager
def _burners() -> Iterator[None]:
    """A process for each processor that never rests."""
    burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def summary(found: Mapping[str, tuple[Run, ...]]) -> list[Row]:
    """How many were right under each circumstance, and which were not."""
    rows = []
    for circumstance, runs in found.items():
        wrong = [f"{run.case.name} {run.verdict}" for run in runs if not run.right]
        reached = f"{sum(run.right for run in runs)} of {len(runs)} right"
        rows.append(Row(circumstance, reached + (f" (not: {', '.join(wrong)})" if wrong else ""), "unchanged"))
    verdicts: dict[str, set[str]] = {}
    for runs in found.values():
        for run in runs:
            verdicts.setdefault(run.case.name, set()).add(run.verdict)
    same = sum(len(said) == 1 for said in verdicts.values())
    rows.append(Row("programs with the same verdict everywhere", f"{same} of {len(verdicts)}", "all"))
    return rows


def main() -> None:
    """Run the bench and print its table."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--circumstances", default=",".join(CIRCUMSTANCES))
    options = parser.parse_args()
    found: dict[str, tuple[Run, ...]] = {}
    left_out: list[str] = []
    for circumstance in options.circumstances.split(","):
        runs, missing = run_under(circumstance, chosen())
        left_out += missing
        found[circumstance] = runs
        for run in runs:
            mark = "ok" if run.right else "WRONG"
            print(f"{circumstance:10} {mark:6} {run.case.name:20} {run.verdict:12} {run.seconds:5.1f} s  {run.reason}")
        keep("stability", summary(found), _records(found), left_out)
    publish("stability", "Verdicts under other circumstances", summary(found), _records(found), left_out)


def _records(found: Mapping[str, tuple[Run, ...]]) -> list[dict[str, object]]:
    return [
        {
            "circumstance": circumstance,
            "case": run.case.name,
            "leaks": run.case.leaks,
            "verdict": run.verdict,
            "right": run.right,
            "kind": run.kind,
            "seconds": round(run.seconds, 1),
            "reason": run.reason,
        }
        for circumstance, runs in found.items()
        for run in runs
    ]


if __name__ == "__main__":
    main()
