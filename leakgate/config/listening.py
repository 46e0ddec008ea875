"""Facts about a source that listens on a port by itself, or that calls such a server: the protocol and the port."""

import ast
import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from leakgate.syntax import called_name

_PORT_AT_END: Final = re.compile(r":(\d{1,5})$")
_LARGEST_PORT: Final = 65_535


class Protocol(StrEnum):
    """The protocol of a server."""

    HTTP = "HTTP"
    GRPC = "gRPC"
    WEBSOCKETS = "WebSockets"
    TCP = "TCP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """A server that a file starts."""

    protocol: Protocol
    port: int = 0
    """0: not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """A call that starts a server."""

    package: str
    protocol: Protocol
    place: int
    """Position of the port, of an address that ends with it, or of a pair of host and port; -1: only as a keyword."""
    default: int = 0


_SERVERS: Final = {
    "run_app": (_Call(package="aiohttp", protocol=Protocol.HTTP, place=-1, default=8080),),
    "listen": (_Call(package="tornado", protocol=Protocol.HTTP, place=0),),
    "WSGIServer": (_Call(package="gevent", protocol=Protocol.HTTP, place=0),),
    "StreamServer": (_Call(package="gevent", protocol=Protocol.TCP, place=0),),
    "HTTPServer": (_Call(package="http", protocol=Protocol.HTTP, place=0),),
    "ThreadingHTTPServer": (_Call(package="http", protocol=Protocol.HTTP, place=0),),
    "make_server": (_Call(package="wsgiref", protocol=Protocol.HTTP, place=1),),
    "start_server": (_Call(package="asyncio", protocol=Protocol.TCP, place=2),),
    "add_insecure_port": (_Call(package="grpc", protocol=Protocol.GRPC, place=0),),
    "serve": (
        _Call(package="websockets", protocol=Protocol.WEBSOCKETS, place=2),
        _Call(package="waitress", protocol=Protocol.HTTP, place=-1, default=8080),
    ),
}
_CLIENTS: Final = {
    "insecure_channel": ("grpc", Protocol.GRPC),
    "connect": ("websockets", Protocol.WEBSOCKETS),
    "open_connection": ("asyncio", Protocol.TCP),
}
_OPTIONS: Final = frozenset({"add_argument", "option", "Option"})
_RUNNERS: Final = frozenset({"asyncio", "trio", "anyio", "uvloop"})
_BEGINNINGS: Final = frozenset({"main", "serve", "run"})
"""Functions of a file that start the program where they are called at the top level."""


def listening_of(tree: ast.Module, packages: AbstractSet[str]) -> Listening | None:
    """Return the server that the file starts; None if it starts none. ``packages``: what it imports."""
    texts = dict(_constants(tree))
    for node in ast.walk(tree):
        for one in _SERVERS.get(called_name(node), ()):
            if isinstance(node, ast.Call) and (node.args or node.keywords) and one.package in packages:
                return Listening(protocol=one.protocol, port=_port_of(node, one, texts))
    return None


def calls_of(tree: ast.Module, packages: AbstractSet[str]) -> Protocol | None:
    """Return the protocol in which the file calls a server; None if it calls none."""
    for node in ast.walk(tree):
        package, protocol = _CLIENTS.get(called_name(node), ("", None))
        if package in packages:
            return protocol
    return None


def takes_port(tree: ast.Module) -> bool:
    """Whether the program has an option ``--port``, of argparse, click or typer."""
    return any(
        isinstance(node, ast.Call)
        and called_name(node) in _OPTIONS
        and any(isinstance(one, ast.Constant) and one.value == "--port" for one in node.args)
        for node in ast.walk(tree)
    )


def runs_at_once(tree: ast.Module) -> bool:
    """Whether the top level of the file starts a program: ``asyncio.run(main())`` or ``main()``."""
    functions = {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}
    for node in tree.body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            match node.value.func:
                case ast.Attribute(value=ast.Name(id=module), attr="run") if module in _RUNNERS:
                    return True
                case ast.Name(id=name) if name in functions & _BEGINNINGS:
                    return True
    return False


def _port_of(node: ast.Call, call: _Call, texts: dict[str, str]) -> int:
    keyword = next((one.value for one in node.keywords if one.arg == "port"), None)
    place = node.args[call.place] if 0 <= call.place < len(node.args) else None
    value = keyword or place
    if value is None:
        return call.default
    if isinstance(value, ast.Tuple) and len(value.elts) == 2:
        value = value.elts[1]
    text = _text_of(value, texts)
    found = _PORT_AT_END.search(text if ":" in text else f":{text}")
    return int(found[1]) if found is not None and int(found[1]) <= _LARGEST_PORT else 0


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each variable that is set to a text or a number."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            for target in node.targets:
                if isinstance(target, ast.Name) and isinstance(node.value.value, str | int):
                    yield target.id, str(node.value.value)


def _text_of(node: ast.AST, texts: dict[str, str]) -> str:
    """Return the text of an expression of constants and variables; a part that is not known is empty."""
    match node:
        case ast.Constant(value=str() | int() as value):
            return str(value)
        case ast.Name(id=name):
            return texts.get(name, "")
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _text_of(left, texts) + _text_of(right, texts)
        case ast.JoinedStr(values=values):
            return "".join(_text_of(one, texts) for one in values)
        case ast.FormattedValue(value=value):
            return _text_of(value, texts)
        case _:
            return ""
