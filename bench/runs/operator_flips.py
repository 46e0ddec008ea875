"""Operators in the source of a module, and the changes of them that a test should detect."""

import ast
import difflib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

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
    """Path of the module, relative to the current folder."""
    operator: str
    occurrence: int
    start: Place
    end: Place

    def changed_source(self) -> str:
        """Return the text of the module with the operator changed."""
        from cosmic_ray.mutating import mutate_code  # noqa: PLC0415 - `make mutants` installs it
        from cosmic_ray.plugins import get_operator  # noqa: PLC0415 - see above

        return str(mutate_code(Path(self.module).read_text("utf-8"), get_operator(self.operator)(), self.occurrence))

    def difference(self) -> str:
        """Return what the change does to the module, with two lines around it."""
        old = Path(self.module).read_text("utf-8").splitlines()
        return "\n".join([*difflib.unified_diff(old, self.changed_source().splitlines(), lineterm="", n=2)][2:])


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
