"""`make mutants`: which operators are flipped, and how the sample is drawn."""

import ast
from pathlib import Path
from types import ModuleType

import pytest

from bench.runs.mutant_session import exchange, function_around, in_fork
from bench.runs.mutants import room_tests
from bench.runs.operator_flips import Flip, gaps, sampled
from bench.runs.tests_of_lines import TestsOfLines

SOURCE = """
def f(a: int | None, *, b: str | bytes = "x") -> int | None:
    if not a or a < 3 <= b:
        return -a + 1
    return a if isinstance(a, int | str) else None
"""


def flip(line: int, operator: str) -> Flip:
    return Flip(module="leakgate/growth/sizes.py", operator=operator, occurrence=0, start=(line, 4), end=(line, 5))


def test_operators_of_expressions_are_found_and_those_of_annotations_are_not() -> None:
    lines = SOURCE.splitlines()
    found = sorted(lines[line - 1][at:end].strip() for (line, at), (_, end) in gaps(ast.parse(SOURCE)))
    assert found == ["+", "-", "<", "<=", "not", "or"]


def test_a_sample_can_be_drawn_again_and_has_one_flip_for_each_place() -> None:
    flips = [flip(line, operator) for line in range(1, 30) for operator in ("core/A", "core/B")]
    drawn = sampled(flips, 10, seed=4)
    assert drawn == sampled(list(reversed(flips)), 10, seed=4)
    assert drawn != sampled(flips, 10, seed=5)
    assert len({one.start for one in drawn}) == 10
    assert len(sampled(flips, 100, seed=4)) == 29


def test_the_tests_of_a_room_are_those_of_its_folder() -> None:
    assert room_tests(flip(1, "core/A")) == "tests/unit/growth"


NESTED = """
LIMIT = 2 * 3
def outer(x=1 + 1):
    def inner(y):
        return y - 1
    return inner(x)
"""


@pytest.mark.parametrize(
    ("line", "around"),
    [(2, None), (3, None), (4, (4, 6)), (5, (4, 6)), (6, (4, 6))],
)
def test_a_mutant_is_charged_to_the_outermost_function(line: int, around: tuple[int, int] | None) -> None:
    assert function_around(ast.parse(NESTED), line) == around


def test_tests_that_run_the_line_come_first_and_of_these_the_quick_ones() -> None:
    of_lines = TestsOfLines(
        by_line={"a.py": {4: ["early", "slow"], 5: ["slow", "quick"], 9: ["elsewhere"]}},
        took_s={"early": 0.1, "slow": 2.0, "quick": 0.5},
    )
    assert of_lines.nearest("a.py", 5, range(4, 7)) == ["quick", "slow", "early"]
    assert of_lines.nearest("b.py", 5, range(4, 7)) == []


CODE = """
import functools

def _through(wrapped):
    def inside(*given):
        return 10 * wrapped(*given)
    return inside

@functools.lru_cache
def kept(x):
    return x + 1

@_through
def decorated(x):
    return x + 1

class Counter:
    @property
    def following(self):
        return max([1, 2], key=lambda one: one + 1)
"""


def test_functions_that_are_loaded_get_the_changed_code(tmp_path: Path) -> None:
    file = tmp_path / "exchanged.py"
    file.write_text(CODE, "utf-8")
    module = ModuleType("exchanged")
    exec(compile(CODE, str(file), "exec"), module.__dict__)  # noqa: S102 - the text above
    assert (module.kept(1), module.decorated(1), module.Counter().following) == (2, 20, 2)
    exchange(file, CODE.replace("+ 1", "- 1").replace("one - 1", "-one"))
    assert (module.kept(1), module.decorated(1), module.Counter().following) == (0, 0, 1)


def test_a_fork_that_raises_or_fails_has_a_status() -> None:
    assert in_fork(lambda: 0) == 0
    assert in_fork(lambda: 1) != 0
