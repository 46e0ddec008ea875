"""`make mutants`: which operators are flipped, and how the sample is drawn."""

import ast

from bench.runs.mutants import Flip, gaps, pytest_arguments, sampled

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


def test_the_tests_of_the_module_come_first() -> None:
    arguments = pytest_arguments("tests/unit/growth", "leakgate/growth/sizes.py")
    assert arguments[-2:] == ["tests/unit/growth/test_growth_sizes.py", "tests/unit/growth"]
    assert flip(1, "core/A").tests == "tests/unit/growth"
