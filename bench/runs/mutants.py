"""How many changed operators the unit tests detect, in the rooms that decide: a sample of mutants, each run alone.

make mutants
python -m bench.runs.mutants --sample 120 --seed 1

cosmic-ray lists the operators and changes them, one at a time, in a copy of the repository. The unit tests of each room
run once, to see which tests run which lines. For each mutant, only the tests of its room that run the function of the
changed line run. If a mutant survives, no unit test checks what its line does. A change without an observable effect
(an equivalent mutant) counts as survived too.
"""

import argparse
import ast
import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import hypothesis  # noqa: F401 - loaded once, so that no fork needs to
import pydantic  # noqa: F401 - see above
import pytest

from bench.runs.known_cases import BENCH
from bench.runs.mutant_session import Mutant, MutantSession, forked, function_around, in_fork
from bench.runs.operator_flips import Flip, flips_of, sampled
from bench.runs.table import Row, publish

ROOT: Final = BENCH.parent
COPIED: Final = ("leakgate", "tests", "bench/generated", "bench/runs", "bench/__init__.py", "pyproject.toml")
SLOW: Final = ("test_growth_properties", "test_growth_chance", "test_counts_recordings")
"""Tests of thousands of random walks: they take half a minute per mutant, and the other tests should suffice."""
OUTPUT: Final = "output.txt"
"""What the tests print, in the current folder."""
OWN: Final = frozenset({"leakgate", "tests", "bench", "docs"})
"""Packages that a fork loads again, from the copy that it runs in."""

TESTS: Final = {
    "leakgate/growth": "tests/unit/growth",
    "leakgate/pacing": "tests/unit/pacing",
    "leakgate/blame": "tests/unit/blame",
    "leakgate/verdict": "tests/unit/verdict",
    "leakgate/gate.py": "tests/unit/test_gate.py",
}
"""Where operators are changed, and the tests that should detect it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of the tests for a change."""

    flip: Flip
    killed: bool
    tests: int
    """How many tests run the function of the operator; -1 outside of functions, where all tests of the room count."""


def room_tests(flip: Flip) -> str:
    """Return the folder or file of the tests that should detect a change."""
    return next(tests for room, tests in TESTS.items() if flip.module.startswith(room))


def outcomes_of(flips: list[Flip]) -> Iterator[Outcome]:
    """Try changes in the current folder: those inside of functions room by room, then the others one at a time."""
    outside: list[Flip] = []
    for tests in dict.fromkeys(TESTS.values()):
        inside = [(one, mutant_of(one)) for one in flips if room_tests(one) == tests]
        outside += [one for one, mutant in inside if mutant is None]
        yield from _inside(tests, [(one, mutant) for one, mutant in inside if mutant is not None])
    for flip in outside:
        yield _outside(flip)


def mutant_of(flip: Flip) -> Mutant | None:
    """Return the changed module; None if the operator is outside of functions."""
    around = function_around(ast.parse(Path(flip.module).read_text("utf-8")), flip.start[0])
    if around is None:
        return None
    return Mutant(module=flip.module, line=flip.start[0], around=around, source=flip.changed_source())


def _inside(tests: str, mutants: list[tuple[Flip, Mutant]]) -> Iterator[Outcome]:
    """Try changes of functions with the tests of one room, which a fork collects once."""
    if not mutants:
        return
    reader, writer = os.pipe()

    def run_session() -> int:
        watched = sorted({str(Path.cwd() / mutant.module) for _, mutant in mutants})
        with os.fdopen(writer, "w") as results:
            plugin = MutantSession(
                watched=watched,
                mutants=[one for _, one in mutants],
                report=lambda number, killed, count: print(number, int(killed), count, file=results, flush=True),
            )
            return run_pytest(tests, plugin)

    pid = forked(run_session)
    os.close(writer)
    with os.fdopen(reader) as lines:
        for line in lines:
            number, killed, count = map(int, line.split())
            yield Outcome(flip=mutants[number][0], killed=bool(killed), tests=count)
    status = os.waitpid(pid, 0)[1]
    assert status == 0, Path(OUTPUT).read_text("utf-8")


def _outside(flip: Flip) -> Outcome:
    """Change a constant of a module, and run all tests of its room in a fork that loads the module."""
    module = Path(flip.module)
    before = module.read_text("utf-8")
    try:
        module.write_text(flip.changed_source(), "utf-8")
        status = in_fork(lambda: run_pytest(room_tests(flip)))
    finally:
        module.write_text(before, "utf-8")
        # The compiled form is compared by size and by the second of the change, and a flipped operator changes neither.
        Path(importlib.util.cache_from_source(flip.module)).unlink(missing_ok=True)
    return Outcome(flip=flip, killed=status != 0, tests=-1)


def run_pytest(tests: str, *plugins: MutantSession) -> int:
    """Run tests of the current folder, in a fork, up to the first failure. The output goes to a file."""
    output = os.open(OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for name in [name for name in sys.modules if name.partition(".")[0] in OWN]:
        del sys.modules[name]
    sys.path.insert(0, str(Path.cwd()))
    left_out = [f"--ignore=tests/unit/growth/{name}.py" for name in SLOW]
    arguments = ["-q", "-x", "--assert=plain", "--basetemp=temporary", "-p", "no:cacheprovider", "-p", "no:xdist"]
    return int(pytest.main([*arguments, *left_out, tests], plugins=plugins))


@contextlib.contextmanager
def copied() -> Iterator[None]:
    """Make a copy of the repository the current folder, so that no source stays mutated if this process is killed."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="leakgate-mutants-") as folder:
        for name in COPIED:
            place = Path(folder, name)
            place.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, place)
        os.chdir(folder)
        subprocess.run([sys.executable, "-m", "compileall", "-q", *COPIED[:-1]], check=True)
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        try:
            yield
        finally:
            os.chdir(before)


def run(sample: int, seed: int, only: str) -> None:
    """Try a sample of changes, print each that survives, and store the result."""
    os.nice(max(0, 10 - os.nice(0)))
    with copied():
        modules = sorted(str(path) for room in TESTS for path in ([*Path(room).rglob("*.py")] or [Path(room)]))
        modules = [module for module in modules if only in module]
        flips = flips_of(modules)
        chosen = sampled(flips, sample, seed)
        print(f"{len(flips)} flips at {len({(one.module, one.start) for one in flips})} operators; {len(chosen)} tried")
        outcomes = []
        for outcome in outcomes_of(chosen):
            outcomes.append(outcome)
            one = outcome.flip
            word = "killed  " if outcome.killed else "SURVIVED"
            tests = f"{outcome.tests} tests" if outcome.tests >= 0 else "all tests"
            print(f"{word} {_place_of(one)} ({tests})", flush=True)
            if not outcome.killed:
                print(one.difference(), flush=True)
    print(_row(outcomes, only or "all rooms", "", ""))
    if not only:
        _publish(outcomes)


def _publish(outcomes: list[Outcome]) -> None:
    rows = [_row(outcomes, "all rooms", "", "95 in 100")]
    rows += [_row(outcomes, room, room, "") for room in TESTS if any(_is_in(one, room) for one in outcomes)]
    unseen = [one.flip for one in outcomes if not one.killed]
    rows.append(Row("not noticed", ", ".join(map(_place_of, unseen)) or "none"))
    records: list[dict[str, object]] = [
        {
            "module": one.flip.module,
            "line": one.flip.start[0],
            "operator": one.flip.operator,
            "killed": one.killed,
        }
        for one in outcomes
    ]
    publish("mutants", "Flipped operators that the unit tests notice", rows, records)


def _row(outcomes: list[Outcome], title: str, room: str, bar: str) -> Row:
    inside = [one for one in outcomes if _is_in(one, room)]
    return Row(title, f"{sum(one.killed for one in inside)} of {len(inside)}", bar)


def _is_in(outcome: Outcome, room: str) -> bool:
    return outcome.flip.module.startswith(room)


def _place_of(flip: Flip) -> str:
    return f"`{flip.module.removeprefix('leakgate/')}:{flip.start[0]}` {flip.operator.rpartition('/')[2]}"


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=120, help="how many operators to flip")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--only", default="", help="sample only modules whose path has this text, and keep no result")
    chosen = parser.parse_args()
    run(chosen.sample, chosen.seed, chosen.only)


if __name__ == "__main__":
    main()
