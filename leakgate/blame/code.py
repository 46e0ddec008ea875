"""Which function a line of a source file belongs to."""

import ast
from dataclasses import dataclass

from leakgate.syntax import parsed


@dataclass(frozen=True, slots=True)
class _FunctionSpan:
    first: int
    last: int
    name: str


class FunctionTable:
    """The functions of one source file, which can be found by line."""

    def __init__(self, source: str) -> None:
        """Take the text of a Python file. If it does not parse, the table is empty."""
        tree = parsed(source)
        self._spans = _spans(tree) if tree is not None else []

    def name_at(self, line: int) -> str:
        """The qualified name of the innermost function around a line; ``<module>`` outside all."""
        around = [span for span in self._spans if span.first <= line <= span.last]
        return min(around, key=lambda span: span.last - span.first).name if around else "<module>"


def _spans(tree: ast.AST) -> list[_FunctionSpan]:
    found: list[_FunctionSpan] = []
    stack: list[tuple[ast.AST, str]] = [(tree, "")]
    while stack:
        node, outer = stack.pop()
        for child in ast.iter_child_nodes(node):
            name = outer
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{outer}.{child.name}" if outer else child.name
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                found.append(_FunctionSpan(_first_line(child), child.end_lineno or child.lineno, name))
            stack.append((child, name))
    return found


def _first_line(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The first line that counts as inside the function. The code around it runs its header, to create the function.

    The header of a coroutine or generator counts as inside, because its frame is allocated there.
    """
    if isinstance(function, ast.AsyncFunctionDef) or _yields(function):
        return function.lineno
    return max(function.lineno, function.body[0].lineno)


def _yields(function: ast.FunctionDef) -> bool:
    waiting: list[ast.AST] = [*function.body]
    while waiting:  # no recursion: the measured program may nest expressions deeper than Python's recursion limit
        node = waiting.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(node))
    return False
