"""Makes the bytes of requests: once for a fixed request, each time for a request with placeholders."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final
from urllib.parse import urlsplit

from leakgate import __version__
from leakgate.model.load_spec import RequestSpec, is_expected
from leakgate.model.placeholders import Piece, pieces

_BODYLESS: Final = ("GET", "HEAD", "OPTIONS", "DELETE")
"""Methods whose requests have no ``Content-Length`` if they have no body."""


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a server."""

    host: str
    port: int
    path: str
    """A path that is put before the paths of requests."""

    @property
    def authority(self) -> str:
        """The value of the header ``Host``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def address_of(url: str) -> Address:
    """Return the address in an ``http://`` URL."""
    parts = urlsplit(url)
    return Address(parts.hostname or "", parts.port or 80, parts.path.rstrip("/"))


@dataclass(frozen=True, slots=True)
class Recipe:
    """One request of the load."""

    spec: RequestSpec
    route: int
    make: Callable[[int], bytes]
    """Returns the bytes of the request. Its argument is the number of the request."""

    known: dict[int, bool] = field(default_factory=dict)
    """Cache: whether a status is expected, by status."""

    def expects(self, status: int) -> bool:
        """Whether an answer with this status is as expected."""
        if status not in self.known:
            self.known[status] = is_expected(status, self.spec.expect)
        return self.known[status]

    @property
    def to_head(self) -> bool:
        """Whether this is a HEAD request, so that the answer has no body, whatever its headers say."""
        return self.spec.method == "HEAD"


def recipe_of(spec: RequestSpec, route: int, address: Address, chance: Random) -> Recipe:
    """Return the recipe for the requests of a specification."""
    given = {name.lower() for name, _ in spec.headers}
    own = [("Host", address.authority), ("User-Agent", f"leakgate/{__version__}"), ("Accept", "*/*")]
    headers = [(name, value) for name, value in own if name.lower() not in given] + [*spec.headers]
    head = f"{spec.method} {address.path}{spec.path} HTTP/1.1\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in headers
    )
    head_pieces, body_pieces = pieces(head), pieces(spec.body)
    has_length = bool(spec.body) or spec.method not in _BODYLESS

    def make(number: int) -> bytes:
        body = _text(body_pieces, number, chance).encode()
        length = f"Content-Length: {len(body)}\r\n" if has_length else ""
        return f"{_text(head_pieces, number, chance)}{length}\r\n".encode() + body

    if all(isinstance(piece, str) for piece in (*head_pieces, *body_pieces)):
        always = make(0)
        return Recipe(spec, route, lambda _number: always)
    return Recipe(spec, route, make)


def _text(parts: tuple[Piece, ...], number: int, chance: Random) -> str:
    return "".join([part if isinstance(part, str) else part(number, chance) for part in parts])
