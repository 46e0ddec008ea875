"""The programs and conditions around a watched script: readiness, services, and how programs are ended."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

DEFAULT_READY_TIMEOUT_S: Final = 30.0
DEFAULT_STOP_TIMEOUT_S: Final = 10.0
DEFAULT_STOP_SIGNAL: Final = "SIGTERM"
MAIN_PORT: Final = ""
"""The name of the port that ``{port}`` stands for."""
_PORT: Final = re.compile(r"\{port(?::(?P<name>[A-Za-z_][A-Za-z0-9_]*))?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadySpec:
    """How a program shows that it is ready. Exactly one of url, port and output is given."""

    url: str = ""
    """A complete URL, ``http://127.0.0.1:{port}/health``; a status of 2xx or 3xx counts as ready."""
    port: str = ""
    """A number as text, or a placeholder: the program accepts connections there."""
    output: str = ""
    """A regular expression that matches a part of a line of its output."""
    timeout_s: float = DEFAULT_READY_TIMEOUT_S


@dataclass(frozen=True, slots=True, kw_only=True)
class StopSpec:
    """How a program is asked to end."""

    signal: str = DEFAULT_STOP_SIGNAL
    timeout_s: float = DEFAULT_STOP_TIMEOUT_S
    """After this time the program is killed."""


DEFAULT_STOP: Final = StopSpec()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """A program that runs at the same time as the script and is not judged."""

    name: str
    command: tuple[str, ...]
    env: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType({}))
    ready: ReadySpec | None = None
    stop: StopSpec = DEFAULT_STOP


def port_names(texts: Iterator[str]) -> frozenset[str]:
    """The names of the ports that these texts use; `MAIN_PORT` for the one without a name."""
    return frozenset(match["name"] or MAIN_PORT for text in texts for match in _PORT.finditer(text))


def port_filler(ports: dict[str, int]) -> Callable[[str], str]:
    """Return a function that puts the numbers of ports into a text; placeholders of other ports stay."""
    return lambda text: _PORT.sub(lambda match: str(ports.get(match["name"] or MAIN_PORT, match[0])), text)


def filled_ready(ready: ReadySpec | None, fill: Callable[[str], str]) -> ReadySpec | None:
    """The same with the numbers of ports in it."""
    return None if ready is None else replace(ready, url=fill(ready.url), port=fill(ready.port))


def filled_service(service: ServiceSpec, fill: Callable[[str], str]) -> ServiceSpec:
    """The same with the numbers of ports in it."""
    return replace(
        service,
        command=tuple(map(fill, service.command)),
        env=MappingProxyType({name: fill(value) for name, value in service.env.items()}),
        ready=filled_ready(service.ready, fill),
    )
