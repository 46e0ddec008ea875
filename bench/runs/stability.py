"""Whether verdicts change with the circumstances: concurrent runs, busy processors, other interpreters, an allocator.

make bench-stability           about 23 minutes: 340 s alone, 200 to 230 s for each of the others
python -m bench.runs.stability --circumstances alone,jobs
"""

import argparse
import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from bench.runs.arms import end_on_sigterm
from bench.runs.environments import MissingError, find_python
from bench.runs.gate_runs import Run, run_cases
from bench.runs.known_cases import Case, all_cases
from bench.runs.table import Row, keep, publish
from leakgate.measure.processors import usable_processors

LEAKING: Final = ("frame_grabber", "task_dispatcher", "visit_counter", "checksum_native", "match_server", "audit_trail")
HEALTHY: Final = ("session_table", "etl_rollup", "mesh_optimizer", "nightly_batch", "plugin_host", "job_queue")
CIRCUMSTANCES: Final = ("alone", "jobs", "neighbour", "3.12", "3.13", "malloc")


@dataclass(frozen=True, slots=True)
class Told:
    """leakgate's answers for the cases under one circumstance."""

    runs: tuple[Run, ...]
    seconds: float
    left_out: tuple[str, ...] = ()


def chosen() -> list[Case]:
    """Return six programs that leak and six that do not, of several kinds, that need no packages."""
    known = {case.name: case for case in all_cases(("hard", "programs"))}
    return [known[name] for name in (*LEAKING, *HEALTHY) if name in known]


def run_under(circumstance: str, cases: list[Case]) -> Told:
    """Return leakgate's answers under a circumstance; the cases run concurrently, except with ``alone``."""
    began, together = time.monotonic(), usable_processors()
    match circumstance:
        case "alone":
            runs, left_out = run_cases(cases, jobs=1)
        case "jobs":
            runs, left_out = run_cases(cases, jobs=together)
        case "neighbour":
            with _burners(together):
                runs, left_out = run_cases(cases, jobs=together)
        case "malloc":
            env = (("PYTHONMALLOC", "malloc"),)
            runs, left_out = run_cases([replace(one, env=env) for one in cases], jobs=together)
        case minor:
            try:
                python = find_python(minor)
            except MissingError as missing:
                return Told((), 0.0, (str(missing),))
            runs, left_out = run_cases([replace(one, interpreter=python) for one in cases], jobs=together)
    return Told(runs, time.monotonic() - began, left_out)


@contextlib.contextmanager
def _burners(number: int) -> Iterator[None]:
    """Run ``number`` processes that are always busy."""
    burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(number)]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def summary(found: Mapping[str, Told]) -> list[Row]:
    """Return how many answers were right under each circumstance, and which were wrong."""
    rows = []
    for circumstance, told in found.items():
        runs = told.runs
        wrong = [f"{run.case.name} {run.verdict}" for run in runs if not run.right]
        kinds = [f"{run.case.name} {run.kind}" for run in runs if run.right and run.case.leaks and not run.right_kind]
        reached = f"{sum(run.right for run in runs)} of {len(runs)} right in {told.seconds:.0f} s"
        reached += f" (not: {', '.join(wrong)})" if wrong else ""
        reached += f" (of another kind: {', '.join(kinds)})" if kinds else ""
        rows.append(Row(circumstance, reached, "unchanged"))
    verdicts: dict[str, set[str]] = {}
    for told in found.values():
        for run in told.runs:
            verdicts.setdefault(run.case.name, set()).add(run.verdict)
    same = sum(len(said) == 1 for said in verdicts.values())
    rows.append(Row("programs with the same verdict everywhere", f"{same} of {len(verdicts)}", "all"))
    return rows


def main() -> None:
    """Run the bench and print its table."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--circumstances", default=",".join(CIRCUMSTANCES))
    parser.add_argument("--name", default="stability", help="of the result file")
    options = parser.parse_args()
    found: dict[str, Told] = {}
    for circumstance in options.circumstances.split(","):
        found[circumstance] = told = run_under(circumstance, chosen())
        for run in told.runs:
            mark = "ok" if run.right else "WRONG"
            said = f"{run.verdict:12} {run.kind:7} {run.seconds:5.1f} s  {run.reason}"
            print(f"{circumstance:10} {mark:6} {run.case.name:20} {said}", flush=True)
        keep(options.name, summary(found), _records(found), _left_out(found))
    publish(options.name, "Verdicts under other circumstances", summary(found), _records(found), _left_out(found))


def _left_out(found: Mapping[str, Told]) -> list[str]:
    return [text for told in found.values() for text in told.left_out]


def _records(found: Mapping[str, Told]) -> list[dict[str, object]]:
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
        for circumstance, told in found.items()
        for run in told.runs
    ]


if __name__ == "__main__":
    main()
