"""Finds the lines of a source file that insert into a container, for cases in which no call could be followed. Pure."""

import ast
from typing import Final

from leakgate.syntax import called_name, parsed

_METHODS: Final = frozenset(
    ("add", "append", "appendleft", "extend", "extendleft", "insert", "put", "put_nowait", "setdefault", "update")
)
_WAITING_CALLS: Final = frozenset(
    (
        "accept", "acquire", "communicate", "connect", "create_connection", "do_handshake", "drain", "flush", "gather",
        "get", "getaddrinfo", "getresponse", "handle_request", "join", "poll", "read", "readinto", "readline", "recv",
        "recv_into", "recvfrom", "request", "result", "run_forever", "run_until_complete", "select", "send", "sendall",
        "serve_forever", "sleep", "start", "urlopen", "wait", "wait_for", "waitpid", "write"
    )
)  # fmt: skip
"""Names of functions that only wait, or let other threads run, and that add nothing to containers of their caller. The
probe has its own list, of the built-in functions that it sees at run time (`probe/writers.py`)."""
_JOINS: Final = frozenset(
    ("append", "cat", "column_stack", "concat", "concat_tables", "concatenate", "hstack", "insert", "merge", "vstack")
)
"""Functions that join tables and arrays into a longer one."""
_LOOKS_INSIDE: Final = frozenset(("get", "setdefault"))
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def insertions(source: str, name: str) -> tuple[int, ...]:
    """Return the lines that insert into the global variable ``name`` of a module, or into containers in it; sorted.

    Empty if the text does not parse. Functions that have a variable of their own with this name are left out.
    """
    found: set[int] = set()
    tree = parsed(source)
    waiting: list[ast.AST] = [tree] if tree is not None else []
    while waiting:  # no recursion: the measured program may nest expressions deeper than Python's recursion limit
        node = waiting.pop()
        if isinstance(node, _Function) and _hides(node, name):
            continue
        if _inserts(node, name):
            found.add(node.lineno)  # type: ignore[attr-defined] # all nodes that insert have a line
        waiting.extend(ast.iter_child_nodes(node))
    return tuple(sorted(found))


def cannot_insert(source: str, line: int) -> bool:
    """Whether no code at a line can insert: it stores no entry, and each call there only waits.

    False if the text does not parse, or if it has no statement at this line.
    """
    tree = parsed(source)
    at_line = [node for node in ast.walk(tree) if _covers(node, line)] if tree is not None else []
    stores = any(isinstance(node, ast.AugAssign) or _is_stored_entry(node) for node in at_line)
    waits = all(called_name(node) in _WAITING_CALLS for node in at_line if isinstance(node, ast.Call))
    return bool(at_line) and waits and not stores


def _covers(node: ast.AST, line: int) -> bool:
    """Whether an expression or a simple statement stands at a line. A compound statement has lines of its own below."""
    if hasattr(node, "body") and not isinstance(node, ast.IfExp | ast.Lambda):
        return False
    return bool(getattr(node, "lineno", 0) <= line <= (getattr(node, "end_lineno", 0) or 0))


def _is_stored_entry(node: ast.AST) -> bool:
    return isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store)


def _inserts(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=into, attr=method)):
            return method in _METHODS and _is_in(into, name)
        case ast.Assign(targets=[ast.Name(id=found)], value=value):
            return found == name and _copies(value, name)
        case ast.Assign(targets=targets):
            return any(isinstance(target, ast.Subscript) and _is_in(target.value, name) for target in targets)
        case ast.AugAssign(target=target, op=ast.Add() | ast.BitOr()):
            return _is_in(target, name)
        case _:
            return False


def _copies(value: ast.expr, name: str) -> bool:
    """Whether an expression makes a longer copy of the variable.

    For example ``name + [...]``, ``{**name, ...}`` or ``concat([name, ...])``.
    """
    match value:
        case ast.BinOp(left=left, op=ast.Add() | ast.BitOr(), right=right):
            return _is_in(left, name) or _is_in(right, name)
        case ast.Call(args=arguments) if called_name(value) in _JOINS:
            return any(_is_in(part, name) or _has_entry(part, name) for part in arguments)
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return len(parts) > 1 and any(isinstance(part, ast.Starred) and _is_in(part.value, name) for part in parts)
        case ast.Dict(keys=keys, values=values):
            return len(keys) > 1 and any(
                key is None and _is_in(part, name) for key, part in zip(keys, values, strict=True)
            )
        case _:
            return False


def _has_entry(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.List | ast.Tuple) and any(_is_in(part, name) for part in node.elts)


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
