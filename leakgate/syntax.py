"""Python source as a syntax tree. The text may be of any program, including one that this Python cannot parse."""

import ast
import warnings


def parsed(source: str) -> ast.Module | None:
    """Return the tree of a source; None if this Python version cannot parse it.

    Python warns about doubtful code, such as an unknown escape sequence, while it parses. These warnings are left
    out, because they are about the measured program, and a user of leakgate could not do anything with them.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def called_name(node: ast.AST | None) -> str:
    """Return the last name of the called object: ``Application`` for ``web.Application()``; empty without a call."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name
        case _:
            return ""
