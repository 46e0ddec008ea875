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


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """One file of a project, and what is known about it."""

    path: PurePosixPath
    facts: SourceFacts
    urls: tuple[str, ...]
    clients: Mapping[Protocol, PurePosixPath]

    @property
    def starts_by_itself(self) -> bool:
        """Whether something starts when the file is run."""
        return self.facts.has_main or self.facts.runs_at_once


def program_of(
    path: PurePosixPath,
    facts: SourceFacts,
    urls: tuple[str, ...] = (),
    clients: Mapping[Protocol, PurePosixPath] = MappingProxyType({}),
) -> FoundProgram | None:
    """Return the program of one file; None if it has none. An application takes precedence over a main block.

    ``urls``: the paths that the project's Django answers; empty if they are not known. ``clients``: the file that calls
    a server, by protocol.
    """
    file = _File(path=path, facts=facts, urls=urls, clients=clients)
    kinds = (_of_application, _of_factory) if path.name == "__init__.py" else _KINDS
    return next((program for kind in kinds if (program := kind(file)) is not None), None)


def _of_manage(file: _File) -> FoundProgram | None:
    path = file.path
    if path.name != "manage.py":
        return None
    lines = ("path: " + _text(str(path)), 'args: [runserver, --noreload, "127.0.0.1:{port}"]', *_load(file.urls, ()))
    return FoundProgram(name="django", lines=lines, why=f"Django's {path}", rank=0, path=path)


def _of_application(file: _File) -> FoundProgram | None:
    first = next(iter(file.facts.applications), None)
    return None if first is None else _application(file.path, *first, file.facts)


def _of_factory(file: _File) -> FoundProgram | None:
    frameworks = (*_ASGI, Framework.FLASK)
    first = next((one for one in file.facts.factories if one[0] in frameworks), None)
    if first is None or file.facts.listening:
        return None
    return _application(file.path, *first, file.facts, is_factory=True)


def _of_actors(file: _File) -> FoundProgram | None:
    if not file.facts.has_actors:
        return None
    name, folder, module = _named(file.path)
    lines = ("module: dramatiq", f"args: [{_text(module)}, --processes, 1]", *_broker(file.facts), *folder)
    return FoundProgram(name=name, lines=lines, why=f"actors of dramatiq in {file.path}", rank=1, path=file.path)


def _of_rq(file: _File) -> FoundProgram | None:
    facts = file.facts
    if not facts.uses_rq:
        return None
    _, folder, _ = _named(file.path)
    fixed = "" if facts.broker_variable else facts.broker_port or ""
    url = f"redis://127.0.0.1:{fixed or '{port:redis}'}"
    words = f'args: [worker, --worker-class, rq.SimpleWorker, --url, "{url}"]'
    lines = ("module: rq.cli", words, *_broker(facts, always=True), *folder)
    return FoundProgram(name=RQ, lines=lines, why=f"{file.path} uses RQ", rank=1, path=file.path)


def _of_package(file: _File) -> FoundProgram | None:
    _, folder, module = _named(file.path)
    if file.path.name != "__main__.py" or not module:
        return None
    package = module.removesuffix(".__main__")
    lines = (f"module: {_text(package)}", *folder)
    why = f"the package {package} has a __main__.py"
    return FoundProgram(name=package, lines=lines, why=why, rank=2, path=file.path)


def _of_server(file: _File) -> FoundProgram | None:
    if file.facts.listening is None or not file.starts_by_itself:
        return None
    name, _, _ = _named(file.path)
    return _server(file.path, name, file.facts, file.facts.listening, file.clients)


def _of_script(file: _File) -> FoundProgram | None:
    path, facts = file.path, file.facts
    if not file.starts_by_itself:
        return None
    load = _load(facts.routes, ()) if facts.reads_port else ()
    why = f"{path} has a `__main__` block" if facts.has_main else f"{path} starts a program at its top level"
    why += " and reads the variable PORT" if load else ""
    lines = (f"path: {_text(str(path))}", *load)
    return FoundProgram(name=path.stem, lines=lines, why=why, rank=0 if load else 3, path=path)


_KINDS: Final = (
    _of_manage,
    _of_application,
    _of_factory,
    _of_actors,
    _of_rq,
    _of_package,
    _of_server,
    _of_script,
)
"""The kinds of programs in a file; the first one that fits counts."""


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
    except (ValueError, RecursionError):  # not TOML, a number with too many digits, or nested too deeply
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
