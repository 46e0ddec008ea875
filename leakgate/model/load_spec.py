"""The load of a server while it is watched: requests, an OpenAPI document, or a program of the user."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

DEFAULT_URL: Final = "http://127.0.0.1:{port}"
DEFAULT_CONNECTIONS: Final = 4
"""Enough to reach every worker of a small server; more only makes requests wait for each other."""
DEFAULT_TIMEOUT_S: Final = 30.0
DEFAULT_EXPECTED_SHARE: Final = 0.99
DEFAULT_EXPECT: Final = ("2xx", "3xx")
DEFAULT_METHODS: Final = ("GET",)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSpec:
    """One request that is sent again and again. Its texts may hold placeholders, see `leakgate.model.placeholders`."""

    path: str
    """Path and query, ``/items/{n}?full=1``; ASCII, without a fragment."""
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    """In the order of the config; the content type of a JSON or form body is among them."""
    body: str = ""
    weight: int = 1
    """How often this request is sent, compared with the others of the list."""
    expect: tuple[str, ...] = DEFAULT_EXPECT
    """Statuses (``404``) or classes (``2xx``) that count as expected."""

    name: str = ""
    """The name of its route as the OpenAPI document writes it; empty: method and path."""

    @property
    def route(self) -> str:
        """The name of its row in reports: method and path, without the query."""
        return self.name or f"{self.method} {self.path.partition('?')[0]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenApiSpec:
    """The operations of an OpenAPI document, each of which becomes a request."""

    document: str
    """A path on the server (``/openapi.json``) or the absolute path of a file."""
    on_server: bool
    methods: tuple[str, ...] = DEFAULT_METHODS


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadProgram:
    """A program of the user that makes the load. Exactly one of path, module and command is given.

    The environment variable ``LEAKGATE_URL`` has the address of the server.
    """

    path: Path | None = None
    module: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    """For ``path`` and ``module``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSpec:
    """The load of one server, with every default filled in."""

    source: tuple[RequestSpec, ...] | OpenApiSpec | LoadProgram
    url: str = DEFAULT_URL
    """The address of the server: scheme, host and port, before the paths of requests. It may still contain
    ``{port}``."""
    connections: int = DEFAULT_CONNECTIONS
    """How many requests are pending at the same time."""
    rate_per_s: float | None = None
    """Requests per second; None: as fast as answers come, but the load takes at most a third of a processor."""
    expected_share: float = DEFAULT_EXPECTED_SHARE
    """The share of answers that must be as expected, 0 to 1."""
    timeout_s: float = DEFAULT_TIMEOUT_S
    """A request without a complete answer after this time has failed."""

    def filled(self, fill: Callable[[str], str]) -> "LoadSpec":
        """The same load with ``fill`` applied to every text that may hold ``{port}``."""
        match self.source:
            case LoadProgram() as program:
                source: tuple[RequestSpec, ...] | OpenApiSpec | LoadProgram = replace(
                    program, command=tuple(map(fill, program.command)), args=tuple(map(fill, program.args))
                )
            case OpenApiSpec() as document:
                source = document
            case requests:
                source = tuple(_filled(request, fill) for request in requests)
        return replace(self, source=source, url=fill(self.url))


def _filled(request: RequestSpec, fill: Callable[[str], str]) -> RequestSpec:
    return replace(
        request,
        path=fill(request.path),
        headers=tuple((name, fill(value)) for name, value in request.headers),
        body=fill(request.body),
    )


def is_expected(status: int, expect: tuple[str, ...]) -> bool:
    """Whether a status is one of the statuses or classes in ``expect``."""
    return str(status) in expect or f"{status // 100}xx" in expect
