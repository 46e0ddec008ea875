"""How often leakgate is right: verdict, kind and place on every case, each through the real `leakgate run`.

make bench-accuracy            all groups
python -m bench.runs.accuracy --groups hard --jobs 2 --only NAME
"""

import argparse
from collections.abc import Iterable
from statistics import median

from bench.runs.gate_runs import Run, run_cases
from bench.runs.known_cases import all_cases
from bench.runs.table import Row, publish

FAST_KB_PER_S = 100.0
NONE_RUN = "none run"


def main() -> None:
    """Run the bench and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", default="py,native,hard,programs")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", help="cases with one of these in their name: A,B")
    parser.add_argument("--name", default="accuracy", help="of the result files")
    parser.add_argument("--keep", default="", help="folder for the sessions of all runs, to judge them again")
    options = parser.parse_args()
    wanted = options.only.split(",")
    cases = [case for case in all_cases(tuple(options.groups.split(","))) if any(part in case.name for part in wanted)]
    kept = ("--output", options.keep) if options.keep else ()
    runs, left_out = run_cases(cases, jobs=options.jobs, options=kept)
    for run in runs:
        print(_line(run))
    publish(options.name, "Accuracy", summary(runs), [_record(run) for run in runs], left_out)


def summary(runs: tuple[Run, ...]) -> list[Row]:
    """Return the table: the reached figures, and the bars."""
    leaking = [run for run in runs if run.case.leaks]
    healthy = [run for run in runs if not run.case.leaks]
    real = [run for run in leaking if run.case.group in ("py", "native", "unseen")]
    small = [run for run in runs if run.case.group in ("hard", "programs", "fresh", "exam")]
    python = [run for run in leaking if "native" not in run.case.kinds or "python" in run.case.kinds]
    native = [run for run in leaking if run.case.kinds == ("native",)]
    fast = [run.seconds for run in leaking if run.right and run.case.kb_per_s >= FAST_KB_PER_S]
    undecided = [run for run in small if run.verdict == "inconclusive"]
    failing = [run for run in healthy if not run.right and run.verdict != "inconclusive"]
    rows = [
        Row("real leaks found", _share(run.right for run in real), "all"),
        Row("healthy programs failed", f"{len(failing)} of {len(healthy)}", "none"),
        Row("hard programs judged right", _share(run.right for run in small), "all that can be"),
        Row("hard programs inconclusive", f"{len(undecided)} of {len(small)}", "at most 1 in 10"),
        Row("first leak named, Python", _share(run.located for run in python), "95 %"),
        Row("first leak named, native", _share(run.located for run in native), "80 %"),
        Row("kind right", _share(run.right_kind for run in leaking), "95 %"),
        Row("median time to a right verdict, leaks of 100 KB/s or more", _seconds(fast), "12 s"),
        Row("median time to a right verdict, healthy", _seconds([run.seconds for run in healthy if run.right]), ""),
        Row("verdict not right", _names(run for run in runs if not run.right)),
        Row("place or kind not right", _names(run for run in leaking if not (run.located and run.right_kind))),
    ]
    return [row for row in rows if row.reached != NONE_RUN]


def _share(flags: Iterable[bool]) -> str:
    known = list(flags)
    return f"{sum(known)} of {len(known)}" if known else NONE_RUN


def _names(runs: Iterable[Run]) -> str:
    return ", ".join(f"{run.case.name} ({run.verdict})" for run in runs) or "none"


def _seconds(values: list[float]) -> str:
    return f"{median(values):.1f} s (n = {len(values)})" if values else NONE_RUN


def _line(run: Run) -> str:
    wrong = [] if run.right else ["VERDICT"]
    if run.case.leaks:
        wrong += [] if run.right_kind else ["KIND"]
        wrong += [] if run.located else ["PLACE"]
    mark = ",".join(wrong) or "ok"
    said = f"{run.verdict:12} {run.kind:7} {run.seconds:5.1f} s  {run.first}"
    return f"{mark:14} {run.case.group:8} {run.case.name:30} {said}"


def _record(run: Run) -> dict[str, object]:
    return {
        "case": run.case.name,
        "group": run.case.group,
        "leaks": run.case.leaks,
        "kb_per_s": run.case.kb_per_s,
        "verdict": run.verdict,
        "kind": run.kind,
        "right": run.right,
        "right_kind": run.right_kind if run.case.leaks else None,
        "located": run.located if run.case.leaks else None,
        "first": run.first,
        "seconds": round(run.seconds, 1),
        "reason": run.reason,
    }


if __name__ == "__main__":
    main()
