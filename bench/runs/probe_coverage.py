"""Coverage of the probe, lines and branches, in the programs and under the Pythons that it runs in.

make coverage-probe
python -m bench.runs.probe_coverage --pythons 3.12 --tests tests/unit/probe tests/probe

The probe runs in other processes, under other Pythons than leakgate, and on threads that `threading` does not know.
So each Python gets an environment that starts coverage in each of its processes (`bench/inside/measured_process.py`).
The unit tests of the probe run in that environment, in about a minute; they are what is measured unless `--tests` says
more. Other tests run here, and their programs run there: `tests/probe` waits for real time and takes half an hour.

Code that only some versions of Python can reach has a comment with the reason: `# from 3.12: ...` or `# before 3.10:
...`. It is left out under the others. So is code with `# pragma: no cover - ...`.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.runs.environments import MissingError, environment, find_python
from bench.runs.known_cases import BENCH
from bench.runs.table import Row, publish

ROOT: Final = BENCH.parent
DATA: Final = ROOT / ".coverage-probe"
SETTINGS: Final = ROOT / "tests" / "probe" / "coverage.ini"
PYTHONS: Final = ("3.9", "3.12", "3.13")
UNIT: Final = "tests/unit/probe"
TESTS: Final = (UNIT,)
OLDEST, NEWEST = 9, 14
"""Minor versions of Python 3 that comments in the probe name."""
BAR: Final = 95.0
"""Per cent of lines and branches that the tests are to reach."""
MODULE: Final = "leakgate_measured_process"
LONGEST_S: Final = 1_800.0
"""Seconds for all tests of one Python. What was covered until then counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """The coverage of one module, or of all together."""

    lines: int
    lines_covered: int
    branches: int
    branches_covered: int
    missing: str
    """Lines and branches that no test reaches."""
    left_out: int = 0
    """Lines that this Python cannot reach, or that a test cannot reach. The code has the reason beside them."""

    @property
    def per_cent(self) -> float:
        """Share of lines and branches together that a test reaches."""
        whole = self.lines + self.branches
        return 100.0 * (self.lines_covered + self.branches_covered) / whole if whole else 100.0

    def __str__(self) -> str:
        """Return the share of the lines and that of the branches."""
        return f"{share(self.lines_covered, self.lines)} / {share(self.branches_covered, self.branches)}"


def share(part: int, whole: int) -> str:
    """Return a share in per cent. It is rounded down: 100 means all."""
    return f"{100 * part // whole} %" if whole else "-"


def measured_python(version: str) -> Path:
    """Return the interpreter of an environment in which each process is measured. Raises MissingError."""
    python = environment("coverage", BENCH / "requirements-coverage.txt", find_python(version), version)
    asked = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    packages = Path(asked.stdout.strip())
    shutil.copy(BENCH / "inside" / "measured_process.py", packages / f"{MODULE}.py")
    (packages / f"{MODULE}.pth").write_text(f"import {MODULE}\n", "utf-8")
    return python


def settings(version: str, python: Path) -> dict[str, str]:
    """Return the environment variables under which the programs of tests are measured."""
    return {
        **os.environ,
        "COVERED_ROOT": str(ROOT),
        "COVERED_VERSION": version,
        "COVERED_ELSEWHERE": elsewhere(version),
        "COVERAGE_CORE": "ctrace",  # the only one that sees branches before Python 3.14
        "COVERED_SETTINGS": str(SETTINGS),
        "LEAKGATE_COVERED_PYTHON": str(python),
    }


def elsewhere(version: str) -> str:
    """Return a pattern of the comments that mark code which this version of Python cannot reach."""
    minor = int(version.partition(".")[2])
    newer = "|".join(map(str, range(minor + 1, NEWEST + 1)))
    older = "|".join(map(str, range(OLDEST + 1, minor + 1)))
    marks = [f"# {word} 3\\.({minors}):" for word, minors in (("from", newer), ("before", older)) if minors]
    return "|".join(marks)


def run_tests(version: str, python: Path, tests: Sequence[str]) -> str:
    """Run the tests for one Python. Return what failed, for the reader of the table; empty if all passed."""
    env = settings(version, python)
    quiet = ["-q", "-p", "no:cacheprovider"]
    inside = [one for one in tests if one.startswith(UNIT)]
    others = [one for one in tests if not one.startswith(UNIT)]
    problems = []
    if inside:
        problems.append(_run([str(python), "-m", "pytest", *quiet, "--noconftest", *inside], env))
    if others:
        problems.append(_run([sys.executable, "-m", "pytest", *quiet, "-n", "2", "--dist", "loadfile", *others], env))
    return "; ".join(filter(None, problems))


def _run(command: list[str], env: dict[str, str]) -> str:
    """Run pytest. Return why its result is not complete; empty if all tests passed."""
    try:
        done = subprocess.run(command, cwd=ROOT, env=env, check=False, timeout=LONGEST_S)
    except subprocess.TimeoutExpired:
        return f"the tests were stopped after {LONGEST_S:.0f} s"
    return "" if done.returncode == 0 else f"pytest ended with status {done.returncode}"


def covered_modules(version: str, python: Path) -> dict[str, Covered]:
    """Combine what the processes under one Python have written, and return the coverage by module."""
    env = settings(version, python)
    out = DATA / f"{version}.json"
    command = [str(python), "-m", "coverage"]
    chosen = ["--rcfile", str(SETTINGS), "--quiet"]
    subprocess.run(
        [*command, "combine", *chosen, "--keep", str(DATA / "data" / version)], cwd=ROOT, env=env, check=False
    )
    subprocess.run([*command, "json", *chosen, "-o", str(out), "--ignore-errors"], cwd=ROOT, env=env, check=True)
    return read_report(json.loads(out.read_text("utf-8")))


def read_report(report: dict[str, Any]) -> dict[str, Covered]:
    """Return the coverage by module, from coverage's own report."""
    found = {}
    for file, content in report["files"].items():
        counts = content["summary"]
        arcs = [f"{before}->{after}" for before, after in content.get("missing_branches", [])]
        found[Path(file).as_posix().partition("leakgate/probe/")[2]] = Covered(
            lines=counts["num_statements"],
            lines_covered=counts["covered_lines"],
            branches=counts["num_branches"],
            branches_covered=counts["covered_branches"],
            missing=", ".join([*map(str, content["missing_lines"]), *arcs]),
            left_out=counts.get("excluded_lines", 0),
        )
    return found


def together(modules: Sequence[Covered]) -> Covered:
    """Return the coverage of several modules together."""
    return Covered(
        lines=sum(one.lines for one in modules),
        lines_covered=sum(one.lines_covered for one in modules),
        branches=sum(one.branches for one in modules),
        branches_covered=sum(one.branches_covered for one in modules),
        missing="",
        left_out=sum(one.left_out for one in modules),
    )


def table_of(found: dict[str, dict[str, Covered]]) -> list[Row]:
    """Return the rows of the table: all modules together, then each module, the lowest first."""
    names = {name for modules in found.values() for name in modules}
    lowest = {name: min(modules[name].per_cent for modules in found.values() if name in modules) for name in names}
    whole = {version: together(list(modules.values())) for version, modules in found.items()}
    bar = f"{BAR:.0f} % of lines and branches"
    left_out = ", ".join(f"{version}: {one.left_out}" for version, one in whole.items())
    rows = [
        Row("all modules", _cells(whole), bar),
        Row("lines left out: annotations, and code with the reason beside it", left_out, ""),
    ]
    for name in sorted(names, key=lambda one: (lowest[one], one)):
        cells = {version: modules[name] for version, modules in found.items() if name in modules}
        rows.append(Row(f"`{name}`", _cells(cells), "" if lowest[name] >= BAR else f"below {BAR:.0f} %"))
    return rows


def _cells(by_version: dict[str, Covered]) -> str:
    return ", ".join(f"{version}: {covered}" for version, covered in by_version.items())


def records_of(found: dict[str, dict[str, Covered]]) -> list[dict[str, object]]:
    """Return the record of each module under each Python, with what no test reaches."""
    return [
        {"python": version, "module": name, **asdict(covered), "per_cent": round(covered.per_cent, 1)}
        for version, modules in found.items()
        for name, covered in sorted(modules.items(), key=lambda item: item[1].per_cent)
    ]


def main() -> None:
    """Measure, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pythons", default=",".join(PYTHONS), help="versions, separated by commas")
    parser.add_argument("--tests", nargs="*", default=list(TESTS), help="files or folders; none: only report")
    parser.add_argument("--add", action="store_true", help="keep what earlier runs of other tests have covered")
    chosen = parser.parse_args()
    if not chosen.add:
        shutil.rmtree(DATA, ignore_errors=True)
    pythons, left_out = {}, []
    for version in chosen.pythons.split(","):
        try:
            pythons[version] = measured_python(version)
        except MissingError as error:
            left_out.append(str(error))
        (DATA / "data" / version).mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor() as side_by_side:
        problems = side_by_side.map(partial(run_tests, tests=chosen.tests), pythons, pythons.values())
    left_out += [f"under {version}, {problem}" for version, problem in zip(pythons, problems, strict=True) if problem]
    found = {version: covered_modules(version, python) for version, python in pythons.items()}
    publish("probe_coverage", "Coverage of the probe", table_of(found), records_of(found), left_out)


if __name__ == "__main__":
    main()
