"""Runs cases through the real `leakgate run`, and reads the answers from results.json."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.runs.environments import MissingError, python_for
from bench.runs.known_cases import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A case, and leakgate's answer."""

    case: Case
    verdict: str
    kind: str
    seconds: float
    located: bool
    """Whether the place that leakgate names first, or a frame of its traceback, is one that the case knows."""
    first: str
    """The place that leakgate names first, as text."""
    reason: str
    result: dict[str, Any]

    @property
    def right(self) -> bool:
        """Whether the verdict is right; for a version that grows slowly for ever, both answers are."""
        if self.case.leaks:
            return self.verdict == "leak"
        return self.verdict == "ok" or (self.case.creeps and self.verdict == "leak")

    @property
    def right_kind(self) -> bool:
        """Whether the kind of memory is right."""
        return self.kind in self.case.kinds


def run_cases(
    cases: Iterable[Case], *, jobs: int, options: tuple[str, ...] = (), defaults: dict[str, Any] | None = None
) -> tuple[tuple[Run, ...], tuple[str, ...]]:
    """Return leakgate's answers, and the cases that were left out with the reason."""
    left_out, entries, chosen = [], [], {}
    for case in cases:
        try:
            python = python_for(case)
        except MissingError as missing:
            left_out.append(f"{case.name}: {missing}")
            continue
        chosen[case.name] = case
        entries.append(
            {
                "name": case.name,
                "path": str(case.script),
                "args": list(case.args),
                "env": dict(case.env),
                "python": str(python),
                "duration": case.duration_s,
            }
        )
    results = _run({"version": 1, "defaults": defaults or {}, "scripts": entries}, jobs, options)
    return tuple(_scored(chosen[result["name"]], result) for result in results), tuple(left_out)


def _run(config: dict[str, Any], jobs: int, options: tuple[str, ...]) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="leakgate-bench-") as folder:
        place, out = Path(folder, "leakgate.yaml"), Path(folder, "results.json")
        place.write_text(json.dumps(config), "utf-8")  # JSON is YAML
        command = [sys.executable, "-m", "leakgate", "run", "-c", str(place), "--jobs", str(jobs), "--json", str(out)]
        ran = subprocess.run([*command, "--quiet", "--no-baseline", *options], check=False, stdout=subprocess.DEVNULL)
        if not out.exists():
            raise SystemExit(f"leakgate ended with {ran.returncode} and left no results")
        scripts: list[dict[str, Any]] = json.loads(out.read_text("utf-8"))["scripts"]
        return scripts


def _scored(case: Case, result: dict[str, Any]) -> Run:
    leaks = result["leaks"]
    frames = [leaks[0], *leaks[0]["traceback"]] if leaks else []
    first = f"{Path(leaks[0]['file']).name}:{leaks[0]['line']} {leaks[0]['function']}" if leaks else ""
    return Run(
        case=case,
        verdict=result["verdict"],
        kind=result["kind"],
        seconds=result["duration_s"],
        located=any(place.matches(frame["file"], frame["function"]) for frame in frames for place in case.places),
        first=first,
        reason=result["reason"],
        result=result,
    )
