"""Which lines of a source file insert into a container: found by reading, for where no call could be followed. Pure."""

import ast
from typing import Final

_METHODS: Final = frozenset(
    ("add", "append", "appendleft", "extend", "extendleft", "insert", "put", "put_nowait", "setdefault", "update")
)
_LOOKS_INSIDE: Final = frozenset(("get", "setdefault"))
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def insertions(source: str, name: str) -> tuple[int, ...]:
    """Return the lines that insert into the global variable ``name`` of a module, or into containers in it; sorted.

    Empty if the text does not parse. Functions that have a variable of their own with this name are left out.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    found: set[int] = set()
    waiting: list[ast.AST] = [tree]
    while waiting:  # no recursion: the measured program may nest expressions deeper than Python's recursion limit
        node = waiting.pop()
        if isinstance(node, _Function) and _hides(node, name):
            continue
        if _inserts(node, name):
            found.add(node.lineno)  # type: ignore[attr-defined] # all nodes that insert have a line
        waiting.extend(ast.iter_child_nodes(node))
    return tuple(sorted(found))


def _inserts(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=into, attr=method)):
            return method in _METHODS and _is_in(into, name)
        case ast.Assign(targets=targets):
            return any(isinstance(target, ast.Subscript) and _is_in(target.value, name) for target in targets)
        case ast.AugAssign(target=target, op=ast.Add() | ast.BitOr()):
            return _is_in(target, name)
        case _:
            return False


def _is_in(node: ast.AST, name: str) -> bool:
    """Whether an expression is the variable, or an entry of it."""
    while True:
        match node:
            case ast.Name(id=found):
                return found == name
            case ast.Subscript(value=inner):
                node = inner
            case ast.Call(func=ast.Attribute(value=inner, attr=method)) if method in _LOOKS_INSIDE:
                node = inner
            case _:
                return False


def _hides(function: _Function, name: str) -> bool:
    """Whether a function has a parameter or a local variable of this name."""
    arguments = function.args
    named = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
    if any(argument is not None and argument.arg == name for argument in named):
        return True
    stores = False
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Global) and name in node.names:
            return False
        stores = stores or (isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load))
        if not isinstance(node, _Function | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(node))
    return stores
