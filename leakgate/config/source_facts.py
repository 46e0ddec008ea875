"""Facts about one source file: applications of frameworks, their routes, a main block. Text in, values out."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from leakgate.config.listening import Listening, Protocol, calls_of, listening_of, runs_at_once, takes_port
from leakgate.syntax import called_name, parsed

MOST_ROUTES: Final = 5
_PLACEHOLDER: Final = re.compile(r"<(?:\w+:)?\w+>|\{\w+(?::\w+)?\}")
_ROUTE_CALLS: Final = frozenset({"get", "route", "add_get", "Route", "add_route", "api_route", "path"})


class Framework(StrEnum):
    """Frameworks whose applications are found by the class that creates them."""

    FASTAPI = "FastAPI"
    STARLETTE = "Starlette"
    FLASK = "Flask"
    AIOHTTP = "aiohttp"
    CELERY = "Celery"


_CLASSES: Final = {
    "FastAPI": Framework.FASTAPI,
    "Starlette": Framework.STARLETTE,
    "Flask": Framework.FLASK,
    "Application": Framework.AIOHTTP,
    "Celery": Framework.CELERY,
}
_PACKAGES: Final = {
    Framework.FASTAPI: "fastapi",
    Framework.STARLETTE: "starlette",
    Framework.FLASK: "flask",
    Framework.AIOHTTP: "aiohttp",
    Framework.CELERY: "celery",
}

_BROKER_NAME: Final = re.compile(r"[A-Z_]{0,20}(?:REDIS|BROKER)[A-Z_]{0,20}URL")
_LOCAL_REDIS: Final = re.compile(r"redis://(?:localhost|127\.0\.0\.1)(?::(\d{1,5}))?(?:/|$)")
_REDIS_PORT: Final = 6379
"""The default port of Redis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """Facts about one file."""

    applications: tuple[tuple[Framework, str], ...] = ()
    """Framework and variable name of each application, in the order of the file."""
    routes: tuple[str, ...] = ()
    """Paths that answer GET, with ``{n}`` for each parameter."""
    url_patterns: tuple[str, ...] = ()
    """Paths of Django's ``urlpatterns``, with ``{n}`` for each parameter, without those that are included."""
    has_main: bool = False
    """Whether it has ``if __name__ == "__main__"``, in any spelling."""
    has_actors: bool = False
    """Whether it has actors of dramatiq."""
    uses_rq: bool = False
    broker_variable: str = ""
    """The environment variable with the address of its broker, such as ``REDIS_URL``; empty: none."""
    broker_port: int = 0
    """The port of a ``redis://`` address on this machine in the file; 0: none."""
    factories: tuple[tuple[Framework, str], ...] = ()
    """The same for functions that create an application, such as ``create_app``."""
    has_prefixes: bool = False
    """Whether it gives a prefix to the routes of other files."""
    listening: Listening | None = None
    """The server that the file starts; None: none."""
    calls: Protocol | None = None
    """The protocol in which it calls a server; None if it calls none, or is a server."""
    takes_port: bool = False
    """Whether the program has an option ``--port``."""
    runs_at_once: bool = False
    """Whether it starts a program without a main block."""
    reads_port: bool = False
    """Whether it reads the environment variable ``PORT``, which leakgate sets."""


def facts_of(text: str) -> SourceFacts:
    """Return the facts about a source; empty facts if this Python version cannot parse it."""
    tree = parsed(text)
    if tree is None:
        return SourceFacts()
    packages = _imported(tree)
    listening = listening_of(tree, packages)
    applications = tuple(
        (framework, name) for framework, name in _applications(tree) if _PACKAGES[framework] in packages
    )
    return SourceFacts(
        applications=applications,
        routes=tuple(dict.fromkeys(_routes(tree)))[:MOST_ROUTES],
        url_patterns=tuple(dict.fromkeys(_url_patterns(tree)))[:MOST_ROUTES] if "django" in packages else (),
        has_main=any(isinstance(node, ast.If) and _asks_for_main(node.test) for node in tree.body),
        has_actors="dramatiq" in packages and any(_is_actor(node) for node in ast.walk(tree)),
        uses_rq="rq" in packages,
        broker_variable=next(filter(None, map(_broker_variable, ast.walk(tree))), ""),
        broker_port=next(filter(None, map(_broker_port, ast.walk(tree))), 0),
        reads_port=any(_variable(node) == "PORT" for node in ast.walk(tree)),
        factories=tuple((framework, name) for framework, name in _factories(tree) if _PACKAGES[framework] in packages),
        has_prefixes=any(isinstance(node, ast.keyword) and node.arg == "url_prefix" for node in ast.walk(tree)),
        listening=listening,
        calls=calls_of(tree, packages) if listening is None else None,
        takes_port=takes_port(tree),
        runs_at_once=runs_at_once(tree),
    )


def _imported(tree: ast.Module) -> frozenset[str]:
    """Return the top-level packages that the file imports anywhere."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return frozenset(found)


def _applications(tree: ast.Module) -> Iterator[tuple[Framework, str]]:
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
        if isinstance(node, ast.AnnAssign):
            target = node.target
        if isinstance(target, ast.Name) and isinstance(node, ast.Assign | ast.AnnAssign):
            framework = _CLASSES.get(called_name(node.value))
            if framework is not None:
                yield framework, target.id


def _factories(tree: ast.Module) -> Iterator[tuple[Framework, str]]:
    """Yield the functions that create an application and return something, and need no arguments."""
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or node.decorator_list:
            continue
        needed = len(node.args.posonlyargs) + len(node.args.args) - len(node.args.defaults)
        needed += sum(one is None for one in node.args.kw_defaults)
        returns = any(isinstance(one, ast.Return) and one.value is not None for one in ast.walk(node))
        made = next(filter(None, (_CLASSES.get(called_name(one)) for one in ast.walk(node))), None)
        if made is not None and returns and not needed:
            yield made, node.name


def _routes(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called_name(node) in _ROUTE_CALLS and node.args and not _refuses_get(node):
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value.startswith("/"):
                path = _PLACEHOLDER.sub("{n}", first.value)
                if path.isascii() and path.isprintable() and " " not in path and "<" not in path:
                    yield path


def _url_patterns(tree: ast.Module) -> Iterator[str]:
    """Yield the path of each ``path("items/<int:number>", view)``; a view is a name, or the call of ``as_view``."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or called_name(node) != "path" or len(node.args) < 2:
            continue
        first, view = node.args[:2]
        is_view = isinstance(view, ast.Name | ast.Attribute) and not ast.unparse(view).endswith("site.urls")
        if (
            isinstance(first, ast.Constant)
            and isinstance(first.value, str)
            and (is_view or called_name(view) == "as_view")
        ):
            path = "/" + _PLACEHOLDER.sub("{n}", first.value)
            if path.isascii() and path.isprintable() and " " not in path and "<" not in path:
                yield path


def _refuses_get(call: ast.Call) -> bool:
    methods = next((keyword.value for keyword in call.keywords if keyword.arg == "methods"), None)
    if not isinstance(methods, ast.List | ast.Tuple | ast.Set):
        return False
    return not any(isinstance(one, ast.Constant) and str(one.value).upper() == "GET" for one in methods.elts)


def _asks_for_main(test: ast.expr) -> bool:
    """Whether a test compares ``__name__`` with ``"__main__"``: in either order, with ``in``, in ``and`` or ``or``."""
    if isinstance(test, ast.BoolOp):
        return any(map(_asks_for_main, test.values))
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Eq | ast.In | ast.Is):
        return False
    parts = [part for side in (test.left, *test.comparators) for part in ast.walk(side)]
    names = any(isinstance(part, ast.Name) and part.id == "__name__" for part in parts)
    return names and any(isinstance(part, ast.Constant) and part.value == "__main__" for part in parts)


def _broker_variable(node: ast.AST) -> str:
    """Return the name of the variable with the address of a broker, if this node reads one; else empty."""
    text = _variable(node)
    return text if _BROKER_NAME.fullmatch(text) else ""


def _variable(node: ast.AST) -> str:
    """Return the name in ``os.environ["REDIS_URL"]``, ``os.environ.get(...)`` or ``os.getenv(...)``; else empty."""
    name: ast.AST | None = None
    if isinstance(node, ast.Subscript) and getattr(node.value, "attr", getattr(node.value, "id", "")) == "environ":
        name = node.slice
    elif isinstance(node, ast.Call) and called_name(node) in ("get", "getenv") and node.args:
        name = node.args[0]
    return name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else ""


def _broker_port(node: ast.AST) -> int:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return 0
    found = _LOCAL_REDIS.match(node.value)
    return int(found[1] or _REDIS_PORT) if found else 0


def _is_actor(node: ast.AST) -> bool:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    decorators = [one.func if isinstance(one, ast.Call) else one for one in node.decorator_list]
    return any(getattr(one, "attr", getattr(one, "id", "")) == "actor" for one in decorators)
