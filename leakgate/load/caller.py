"""One caller: a connection that is opened when it is needed, and the request that waits for its answer.

It uses callbacks, not tasks: nothing is scheduled between two requests of a connection, which saves processor time.
"""

import asyncio
import contextlib
import errno
import socket
from typing import Final, Protocol

from leakgate.load.http_answer import AnswerReader, BadAnswerError
from leakgate.load.recipes import Recipe

_QUICKACK: Final[int | None] = getattr(socket, "TCP_QUICKACK", None)
_NO_PORT_PAUSE_S: Final = 0.05
REFUSED: Final = "connection refused"


class Owner(Protocol):
    """Gives the address of the server, and receives the outcome of requests."""

    @property
    def endpoint(self) -> tuple[str, int]:
        """Host and port."""
        ...

    def answered(self, caller: "Caller", recipe: Recipe) -> None:
        """Take an answer: ``caller.answer``. The caller is free again."""
        ...

    def failed(self, caller: "Caller", recipe: Recipe, what: str) -> None:
        """Take a failure: there is no complete answer, for the reason ``what``. The caller is free again."""
        ...


class Caller:
    """At most one connection, with at most one open request."""

    def __init__(self, owner: Owner) -> None:
        self.recipe: Recipe | None = None
        """The open request; None if there is none."""
        self.since_s = 0.0
        """When it was sent, in ``time.monotonic()``."""
        self.answer = AnswerReader()
        self._owner = owner
        self._link: _Link | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._data = b""
        self._used = False
        """Whether the open connection has delivered an answer."""
        self._retried = False

    def call(self, recipe: Recipe, data: bytes, now_s: float) -> None:
        """Send a request, over a new connection if none is open."""
        self.recipe, self._data, self.since_s, self._retried = recipe, data, now_s, False
        self._begin(recipe)

    def hang_up(self) -> None:
        """Close the connection. A request without an answer is dropped and not reported."""
        self.recipe = None
        if self._connecting is not None:
            self._connecting.cancel()
            self._connecting = None
        if self._link is not None:
            self._link.drop()
            self._link = None

    def give_up(self, what: str) -> None:
        """Close the connection, and report the open request as failed, for the reason ``what``."""
        recipe = self.recipe
        self.hang_up()
        if recipe is not None:
            self._owner.failed(self, recipe, what)

    def _begin(self, recipe: Recipe) -> None:
        self.answer.begin(to_head=recipe.to_head)
        if self._link is not None:
            self._link.write(self._data)
        else:
            self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        host, port = self._owner.endpoint
        while True:
            try:
                await loop.create_connection(lambda: _Link(self), host, port)
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL:  # this machine has no free port; it is not the server's fault
                    await asyncio.sleep(_NO_PORT_PAUSE_S)
                    continue
                self._connecting = None
                refused = isinstance(error, ConnectionRefusedError)
                self.give_up(REFUSED if refused else f"no connection: {error.strerror or error}")
            return

    def connected(self, link: "_Link") -> None:
        """Use a new open connection: send the request."""
        self._connecting = None
        self._link, self._used = link, False
        link.write(self._data)

    def received(self, data: bytes) -> None:
        """Take a part of the answer, or all of it."""
        if self.recipe is None:  # data without a request: the connection cannot be trusted any more
            self.hang_up()
            return
        try:
            whole = self.answer.feed(data)
        except BadAnswerError as error:
            self.give_up(str(error))
            return
        if whole:
            self._answered(self.recipe)
        elif self._link is not None:
            self._link.acknowledge()

    def lost(self) -> None:
        """Handle a connection that the server closed. A request that was sent just then is sent once more."""
        self._link = None
        recipe = self.recipe
        if recipe is None:
            return
        if self.answer.close():
            self._answered(recipe)
        elif self._used and not self._retried and not self.answer.begun:
            self._retried = True
            self._begin(recipe)
        else:
            when = "in the middle of the answer" if self.answer.begun else "without an answer"
            self.give_up(f"connection closed {when}")

    def _answered(self, recipe: Recipe) -> None:
        self._used = True
        self.recipe = None
        if not self.answer.keeps_alive and self._link is not None:
            self._link.drop()
            self._link = None
        self._owner.answered(self, recipe)


class _Link(asyncio.Protocol):
    """One connection. It forgets its caller when it is dropped, so that its end does not affect the next connection."""

    def __init__(self, caller: Caller) -> None:
        self._caller: Caller | None = caller
        self._transport: asyncio.Transport | None = None

    def write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def acknowledge(self) -> None:
        """Acknowledge the received data at once.

        A server that writes head and body separately may send the body only after its head is acknowledged (Nagle's
        algorithm), and the kernel delays acknowledgements by 40 ms.
        """
        if _QUICKACK is not None and self._transport is not None:
            with contextlib.suppress(OSError):
                self._transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)

    def drop(self) -> None:
        self._caller = None
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise AssertionError("a TCP connection has a transport")  # noqa: TRY004 - a bug
        self._transport = transport  # asyncio has set TCP_NODELAY
        if self._caller is not None:
            self._caller.connected(self)
        else:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._caller is not None:
            self._caller.received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        caller, self._caller = self._caller, None
        if caller is not None:
            caller.lost()
