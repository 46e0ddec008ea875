"""From facts about the sources of a project to entries of a first ``leakgate.yaml``, each with its reason."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final, assert_never

from leakgate.config.listening import Listening, Protocol
from leakgate.config.source_facts import Framework, SourceFacts

_ASGI: Final = (Framework.FASTAPI, Framework.STARLETTE)
_AIOHTTP_PORT: Final = 8080
"""The default port of ``web.run_app``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundProgram:
    """One program that leakgate can watch."""

    name: str
    lines: tuple[str, ...]
    """The YAML lines of its entry, below the name."""
    why: str
    """The reason for the user: ``the FastAPI application app in shop/main.py``."""
    rank: int
    """Programs with a lower rank come first: servers, workers, commands, files, tests."""
    path: PurePosixPath
    client: PurePosixPath | None = None
    """The file that makes its load; None: none."""


RQ: Final = "rq"
"""The name of the entry for an RQ worker; a project gets one such entry."""


def programs_of(
    path: PurePosixPath,
    facts: SourceFacts,
    urls: tuple[str, ...] = (),
    clients: Mapping[Protocol, PurePosixPath] = MappingProxyType({}),
) -> list[FoundProgram]:
    """Return the programs of one file. An application takes precedence over a main block.

    ``urls``: the paths that the project's Django answers; empty if they are not known. ``clients``: the file that calls
    a server, by protocol.
    """
    name, folder, module = _named(path)
    found = [_application(path, framework, variable, facts) for framework, variable in facts.applications[:1]]
    if not found and not facts.listening:
        factories = [one for one in facts.factories if one[0] in (*_ASGI, Framework.FLASK)]
        found = [
            _application(path, framework, variable, facts, is_factory=True) for framework, variable in factories[:1]
        ]
    if path.name == "__init__.py":
        return found
    if path.name == "manage.py":
        lines = ("path: " + _text(str(path)), 'args: [runserver, --noreload, "127.0.0.1:{port}"]', *_load(urls, ()))
        found = [FoundProgram(name="django", lines=lines, why=f"Django's {path}", rank=0, path=path)]
    if not found and facts.has_actors:
        lines = ("module: dramatiq", f"args: [{_text(module)}, --processes, 1]", *_broker(facts), *folder)
        found = [FoundProgram(name=name, lines=lines, why=f"actors of dramatiq in {path}", rank=1, path=path)]
    if not found and facts.uses_rq:
        fixed = "" if facts.broker_variable else facts.broker_port or ""
        url = f"redis://127.0.0.1:{fixed or '{port:redis}'}"
        lines = ("module: rq.cli", f'args: [worker, --worker-class, rq.SimpleWorker, --url, "{url}"]')
        lines = (*lines, *_broker(facts, always=True), *folder)
        found = [FoundProgram(name=RQ, lines=lines, why=f"{path} uses RQ", rank=1, path=path)]
    if not found and path.name == "__main__.py" and module:
        package = module.removesuffix(".__main__")
        lines = (f"module: {_text(package)}", *folder)
        found = [
            FoundProgram(name=package, lines=lines, why=f"the package {package} has a __main__.py", rank=2, path=path)
        ]
    if not found and facts.listening is not None and (facts.has_main or facts.runs_at_once):
        found = [_server(path, name, facts, facts.listening, clients)]
    if not found and (facts.has_main or facts.runs_at_once):
        load = _load(facts.routes, ()) if facts.reads_port else ()
        lines = (f"path: {_text(str(path))}", *load)
        why = f"{path} has a `__main__` block" if facts.has_main else f"{path} starts a program at its top level"
        why += " and reads the variable PORT" if load else ""
        found = [FoundProgram(name=path.stem, lines=lines, why=why, rank=0 if load else 3, path=path)]
    return found


def commands_of(pyproject: str, installed: frozenset[str]) -> tuple[list[FoundProgram], list[str]]:
    """Return the console scripts of a project, and sentences about those that the environment does not have."""
    try:
        project = tomllib.loads(pyproject).get("project", {})
        scripts = project.get("scripts", {}) if isinstance(project, dict) else {}
        names = (
            [name for name in scripts if isinstance(name, str) and name.isprintable()]
            if isinstance(scripts, dict)
            else []
        )
    except tomllib.TOMLDecodeError:
        return [], []
    found = [
        FoundProgram(
            name=name,
            lines=(f"command: [{_text(name)}]",),
            why=f"the console script {name} of pyproject.toml",
            rank=2,
            path=PurePosixPath("pyproject.toml"),
        )
        for name in names
        if name in installed
    ]
    left = [
        f"the console script {name}: it is not installed in the project's environment"
        for name in names
        if name not in installed
    ]
    return found, left


def _server(
    path: PurePosixPath, name: str, facts: SourceFacts, listening: Listening, clients: Mapping[Protocol, PurePosixPath]
) -> FoundProgram:
    """Return the entry of a file that listens by itself."""
    lines: tuple[str, ...] = (f"path: {_text(str(path))}",)
    if facts.takes_port:
        lines = (*lines, f"args: [--port, {_PORT}]")
    chosen = facts.reads_port or facts.takes_port
    port = _PORT if chosen else str(listening.port)
    client: PurePosixPath | None = None
    if chosen or listening.port:
        ready = f"ready: {{port: {port}}}"
        if listening.protocol is Protocol.HTTP:
            more = () if chosen else (f"url: http://127.0.0.1:{port}",)
            lines = (*lines, *(() if chosen else (ready,)), *_load(facts.routes, more))
        elif (client := clients.get(listening.protocol)) is not None:
            lines = (*lines, ready, f"load: {{path: {_text(str(client))}}}")
        else:
            lines = (*lines, ready, "# load: {path: traffic.py}  # a program of yours that sends requests")
    why = f"{path} starts {_A[listening.protocol]} server"
    why += f", and {client} calls it" if client is not None else ""
    return FoundProgram(name=name, lines=lines, why=why, rank=0, path=path, client=client)


_A: Final = {one: f"{'an' if one is Protocol.HTTP else 'a'} {one.value}" for one in Protocol}


def _application(
    path: PurePosixPath, framework: Framework, variable: str, facts: SourceFacts, *, is_factory: bool = False
) -> FoundProgram:
    name, folder, module = _named(path)
    place = f"{module}:{variable}"
    match framework:
        case Framework.FASTAPI | Framework.STARLETTE:
            document = ("load: {openapi: /openapi.json}",) if framework is Framework.FASTAPI else None
            lines = (
                "module: uvicorn",
                f"args: [{_text(place)}, {'--factory, ' if is_factory else ''}--port, {_PORT}]",
                *(document or _load(facts.routes, ())),
            )
        case Framework.FLASK:
            lines = ("module: flask", f"args: [--app, {_text(place)}, run, --port, {_PORT}]", *_load(facts.routes, ()))
        case Framework.AIOHTTP:
            known = facts.listening.port if facts.listening is not None else 0
            port = known or _AIOHTTP_PORT
            address = f"url: http://127.0.0.1:{port}"
            lines = (f"path: {_text(str(path))}", f"ready: {{port: {port}}}", *_load(facts.routes, (address,)))
            if facts.takes_port:
                lines = (f"path: {_text(str(path))}", f"args: [--port, {_PORT}]", *_load(facts.routes, ()))
            elif facts.reads_port:
                lines = (f"path: {_text(str(path))}", *_load(facts.routes, ()))
            return FoundProgram(name=name, lines=lines, why=f"an aiohttp application in {path}", rank=0, path=path)
        case Framework.CELERY:
            lines = ("module: celery", f"args: [-A, {_text(place)}, worker, --concurrency, 2]")
            lines = (*lines, *_broker(facts))
        case _:
            assert_never(framework)
    rank = 1 if framework is Framework.CELERY else 0
    why = f"the {framework.value} application {variable}{'()' if is_factory else ''} in {path}"
    return FoundProgram(name=name, lines=(*lines, *folder), why=why, rank=rank, path=path)


def _broker(facts: SourceFacts, *, always: bool = False) -> tuple[str, ...]:
    """Return the lines that start a Redis for a worker, as a comment if it is not known how the worker finds it.

    ``always``: the worker gets the address in its command.
    """
    port = str(facts.broker_port) if facts.broker_port and not facts.broker_variable else "redis"
    number = port if port.isdecimal() else "{port:redis}"
    service = f'services: [{{command: [redis-server, --port, "{number}", --save, ""], ready: {{port: {port}}}}}]'
    known = always or bool(facts.broker_variable) or port.isdecimal()
    env = f'env: {{{facts.broker_variable}: "redis://127.0.0.1:{{port:redis}}"}}'
    return (*((env,) if facts.broker_variable else ()), service if known else f"# {service}", _TRAFFIC)


_TRAFFIC: Final = "# load: {path: traffic.py}  # a program of yours that puts tasks into the queue"
_PORT: Final = '"{port}"'


def _load(routes: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    requests = ", ".join(json.dumps(route) for route in routes or ("/",))
    return (f"load: {{{', '.join((f'requests: [{requests}]', *more))}}}",)


def _named(path: PurePosixPath) -> tuple[str, tuple[str, ...], str]:
    """Return the name of the program in a file, the line that sets its folder, and the dotted name of its module."""
    parts = path.with_suffix("").parts
    folder: tuple[str, ...] = ()
    if parts[0] == "src" and len(parts) > 1:
        parts, folder = parts[1:], ("cwd: src",)
    module = ".".join(parts) if all(part.isidentifier() for part in parts) else ""
    module = module.removesuffix(".__init__")
    generic = parts[-1] in ("main", "app", "__main__", "__init__", "server", "wsgi", "asgi") and len(parts) > 1
    return parts[-2] if generic else parts[-1], folder, module


def _text(text: str) -> str:
    """Return text as a YAML scalar within a flow list."""
    plain = all(letter.isalnum() or letter in "_./" for letter in text) and text[:1].isalpha()
    return text if plain and text.lower() not in ("true", "false", "null") else json.dumps(text, ensure_ascii=False)
