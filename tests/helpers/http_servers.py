"""Correct and faulty servers for tests of the load generator. They use real sockets, in a thread."""

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Self

Answer = Callable[["Exchange"], Awaitable[None]]

MOST_SEEN = 20_000
"""How many exchanges are stored for the test: more than the load sends in its first turns, which request one route
each."""


class Exchange:
    """One request, and the connection for its answer."""

    def __init__(self, line: str, head: str, body: bytes, writer: asyncio.StreamWriter) -> None:
        self.line, self.head, self.body, self.writer = line, head, body, writer
        self.method, self.path, _ = line.split(" ", 2)

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)


class Server:
    """Answers every request with one function, and counts connections and requests."""

    def __init__(self, answer: Answer) -> None:
        self.port = 0
        self.connections = 0
        self.requests: Counter[str] = Counter()
        self.seen: list[Exchange] = []
        self._answer = answer
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._over = asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)  # connections that were cut are closed now

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError), self._cut_off(writer):
            while not writer.is_closing():
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                line, _, rest = head.partition("\r\n")
                length = next(
                    (int(one.split(":")[1]) for one in rest.lower().split("\r\n") if "content-length" in one), 0
                )
                exchange = Exchange(line, rest, await reader.readexactly(length), writer)
                self.requests[line] += 1
                if len(self.seen) < MOST_SEEN:
                    self.seen.append(exchange)
                await self._answer(exchange)
                await writer.drain()
        with contextlib.suppress(ConnectionError):
            writer.close()

    @staticmethod
    @contextlib.contextmanager
    def _cut_off(writer: asyncio.StreamWriter) -> Iterator[None]:
        """Drop unsent data at the end of the test, because an open connection would outlive the loop."""
        try:
            yield
        except asyncio.CancelledError:
            writer.transport.abort()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(180)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(180)


@contextlib.contextmanager
def serving(answer: Answer) -> Iterator[Server]:
    with Server(answer) as server:
        yield server


async def fine(exchange: Exchange) -> None:
    """A short answer over a connection that stays open."""
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
