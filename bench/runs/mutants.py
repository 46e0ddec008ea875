"""How many changed operators the unit tests detect, in the rooms that decide: a sample of mutants, each run alone.

make mutants
python -m bench.runs.mutants --sample 100 --seed 1

cosmic-ray lists the operators and changes them, one at a time, in a copy of the repository. Only the unit tests of the
room run. If a mutant survives, no unit test checks what its line does. A change without an observable effect (an
equivalent mutant) counts as survived too.
"""

import argparse
import ast
import contextlib
import difflib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import hypothesis  # noqa: F401 - loaded once, so that no fork needs to
import pydantic  # noqa: F401 - see above
import pytest

from bench.runs.known_cases import BENCH
from bench.runs.table import Row, publish

ROOT: Final = BENCH.parent
COPIED: Final = ("leakgate", "tests", "bench/generated", "bench/runs", "bench/__init__.py", "pyproject.toml")
SLOW: Final = ("test_growth_properties", "test_growth_chance", "test_counts_recordings")
"""Tests of thousands of random walks: they take half a minute per mutant, and the other tests should suffice."""
TIMEOUT_S: Final = 300
"""Seconds; a mutant that does not end counts as detected."""
OWN: Final = frozenset({"leakgate", "tests", "bench", "docs"})
"""Packages that a fork loads again, because one of their modules is mutated."""

TESTS: Final = {
    "leakgate/growth": "tests/unit/growth",
    "leakgate/pacing": "tests/unit/pacing",
    "leakgate/blame": "tests/unit/blame",
    "leakgate/verdict": "tests/unit/verdict",
    "leakgate/gate.py": "tests/unit/test_gate.py",
}
"""Where operators are changed, and the tests that should detect it."""

FLIPS: Final = {
    "Add": ("Sub",),
    "Sub": ("Add",),
    "Mul": ("Div",),
    "Div": ("Mul",),
    "FloorDiv": ("Div", "Mul"),
    "Mod": ("Mul",),
    "Pow": ("Mul",),
    "BitOr": ("BitAnd",),
    "BitAnd": ("BitOr",),
    "Lt": ("LtE", "Gt"),
    "LtE": ("Lt", "GtE"),
    "Gt": ("GtE", "Lt"),
    "GtE": ("Gt", "LtE"),
    "Eq": ("NotEq",),
    "NotEq": ("Eq",),
    "Is": ("IsNot",),
    "IsNot": ("Is",),
}
NAMES: Final = frozenset(
    [
        f"core/Replace{group}Operator_{old}_{new}"
        for group in ("Binary", "Comparison")
        for old in FLIPS
        for new in FLIPS[old]
    ]
    + ["core/ReplaceAndWithOr", "core/ReplaceOrWithAnd"]
    + ["core/ReplaceUnaryOperator_Delete_Not", "core/ReplaceUnaryOperator_USub_UAdd"]
)
"""The operators of cosmic-ray that change an operator into a similar one; others (`+` to `>>`) are easily detected."""

Place = tuple[int, int]
"""Line from 1, column from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """One operator of the source, and how cosmic-ray changes it."""

    module: str
    operator: str
    occurrence: int
    start: Place
    end: Place

    @property
    def tests(self) -> str:
        """The tests that should detect it."""
        return next(tests for room, tests in TESTS.items() if self.module.startswith(room))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of the tests for a change."""

    flip: Flip
    killed: bool
    took_s: float
    diff: str


def gaps(tree: ast.Module) -> list[tuple[Place, Place]]:
    """Return the places of operators in expressions of a module; annotations and signatures are excluded."""
    annotations = {id(one) for node in ast.walk(tree) for part in _annotations(node) for one in ast.walk(part)}
    return [gap for node in ast.walk(tree) if id(node) not in annotations for gap in _gaps_of(node)]


def _annotations(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.AnnAssign(annotation=annotation) | ast.arg(annotation=annotation) if annotation is not None:
            yield annotation
        case ast.FunctionDef(returns=returns) | ast.AsyncFunctionDef(returns=returns) if returns is not None:
            yield returns
        case ast.Call(func=ast.Name(id="isinstance"), args=[_, kinds]):
            yield kinds
        case _:
            pass


def _gaps_of(node: ast.AST) -> Iterator[tuple[Place, Place]]:
    match node:
        case ast.BinOp(left=left, right=right):
            operands = [left, right]
        case ast.Compare(left=left, comparators=others):
            operands = [left, *others]
        case ast.BoolOp(values=values):
            operands = values
        case ast.UnaryOp(operand=operand):
            yield (node.lineno, node.col_offset), (operand.lineno, operand.col_offset)
            return
        case _:
            return
    for left, right in pairwise(operands):
        yield (left.end_lineno or 0, left.end_col_offset or 0), (right.lineno, right.col_offset)


def flips_of(modules: Iterable[str]) -> list[Flip]:
    """Return every change that cosmic-ray can make in these modules, named relative to the current folder."""
    from cosmic_ray.ast import ast_nodes, get_ast_from_path  # noqa: PLC0415 - `make mutants` installs it
    from cosmic_ray.plugins import get_operator, operator_names  # noqa: PLC0415 - see above

    found = []
    for module in modules:
        inside = gaps(ast.parse(Path(module).read_text("utf-8")))
        nodes = list(ast_nodes(get_ast_from_path(Path(module))))
        for name in sorted(NAMES.intersection(operator_names())):
            positions = (position for node in nodes for position in get_operator(name)().mutation_positions(node))
            found += [
                Flip(module=module, operator=name, occurrence=at, start=tuple(start), end=tuple(end))
                for at, (start, end) in enumerate(positions)
                if any(low <= tuple(start) and tuple(end) <= high for low, high in inside)
            ]
    return found


def sampled(flips: list[Flip], count: int, seed: int) -> list[Flip]:
    """Return ``count`` changes: the places are drawn at random, then one change of each place."""
    at: dict[tuple[str, Place], list[Flip]] = {}
    for one in sorted(flips, key=lambda one: (one.module, one.start, one.operator)):
        at.setdefault((one.module, one.start), []).append(one)
    chance = random.Random(seed)  # noqa: S311 - a sample that can be drawn again
    places = chance.sample(sorted(at), min(count, len(at)))
    return [chance.choice(at[place]) for place in places]


def tried(flip: Flip) -> Outcome:
    """Change an operator in the current folder, run the tests of its room, and restore the operator."""
    from cosmic_ray.mutating import use_mutation  # noqa: PLC0415 - see above
    from cosmic_ray.plugins import get_operator  # noqa: PLC0415 - see above

    before = time.monotonic()
    with use_mutation(Path(flip.module), get_operator(flip.operator)(), flip.occurrence) as (old, new):
        killed = not passes(flip.tests, flip.module)
    changed = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=2)
    took_s = round(time.monotonic() - before, 1)
    return Outcome(flip=flip, killed=killed, took_s=took_s, diff="\n".join([*changed][2:]))


def passes(tests: str, module: str = "") -> bool:
    """Whether the tests of a room pass, in a fork that has pytest loaded already; an endless fork is killed."""
    pid = os.fork()
    if pid:
        return os.waitpid(pid, 0)[1] == 0
    status = 1
    try:
        signal.alarm(TIMEOUT_S)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        for name in [name for name in sys.modules if name.partition(".")[0] in OWN]:
            del sys.modules[name]
        sys.path.insert(0, str(Path.cwd()))
        status = int(pytest.main(pytest_arguments(tests, module)))
    finally:
        os._exit(status)


def pytest_arguments(tests: str, module: str = "") -> list[str]:
    """Return arguments for the tests of one room, up to the first failure; tests named after the module come first."""
    left_out = [f"--ignore=tests/unit/growth/{name}.py" for name in SLOW]
    nearest = sorted(str(path) for path in Path(tests).rglob(f"test_*{Path(module).stem}*.py")) if module else []
    return ["-q", "-x", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:xdist", *left_out, *nearest, tests]


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
        # A file may change twice within a second, so the cache must compare contents, not times.
        subprocess.run(
            [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "leakgate"], check=True
        )
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
        failing = [tests for tests in TESTS.values() if not passes(tests)]
        assert not failing, f"{failing} fail without a mutant"
        flips = flips_of(modules)
        chosen = [one for one in sampled(flips, sample, seed) if only in one.module]
        print(f"{len(flips)} flips at {len({(one.module, one.start) for one in flips})} operators; {len(chosen)} tried")
        outcomes = []
        for one in chosen:
            outcomes.append(tried(one))
            word = "killed  " if outcomes[-1].killed else "SURVIVED"
            print(f"{word} {one.module}:{one.start[0]} {one.operator.rpartition('/')[2]}", flush=True)
            if not outcomes[-1].killed:
                print(outcomes[-1].diff, flush=True)
    if not only:
        _publish(outcomes)


def _publish(outcomes: list[Outcome]) -> None:
    rows = [_row(outcomes, "all rooms", "", "95 in 100")]
    rows += [_row(outcomes, room, room, "") for room in TESTS]
    records: list[dict[str, object]] = [
        {
            "module": one.flip.module,
            "line": one.flip.start[0],
            "operator": one.flip.operator,
            "killed": one.killed,
            "took_s": one.took_s,
        }
        for one in outcomes
    ]
    publish("mutants", "Flipped operators that the unit tests notice", rows, records)


def _row(outcomes: list[Outcome], title: str, room: str, bar: str) -> Row:
    inside = [one for one in outcomes if one.flip.module.startswith(room)]
    return Row(title, f"{sum(one.killed for one in inside)} of {len(inside)}", bar)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=100, help="how many operators to flip")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--only", default="", help="only modules whose path has this text; nothing is kept")
    chosen = parser.parse_args()
    run(chosen.sample, chosen.seed, chosen.only)


if __name__ == "__main__":
    main()
