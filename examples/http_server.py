"""A healthy asyncio HTTP server on the loopback interface, with its own clients: real sockets, no framework.

Clients come, ask a few times over one connection and go; the server forgets a connection when it ends. Runs until it is
stopped.
"""

import asyncio
import contextlib
import json
import random

CLIENTS = 8
NOTES = {f"note-{number}": f"This is note {number}. " * 20 for number in range(50)}
REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed"}


class Server:
    """Serves notes as JSON."""

    def __init__(self):
        self.requests = 0
        self.open_connections = set()

    async def handle(self, reader, writer):
        self.open_connections.add(writer)
        try:
            while await self.answer_one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client is gone
        finally:
            self.open_connections.discard(writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def answer_one(self, reader, writer):
        """Answer one request; False when the connection is to be closed."""
        head = await reader.readuntil(b"\r\n\r\n")
        self.requests += 1
        request_line, *header_lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in header_lines if ": " in line)
        status, body = self.respond(request_line)
        keep_alive = headers.get("connection") != "close"
        payload = json.dumps(body).encode()
        writer.write(
            f"HTTP/1.1 {status} {REASONS[status]}\r\n"
            f"Content-Type: application/json\r\n"
            f"Content-Length: {len(payload)}\r\n"
            f"Connection: {'keep-alive' if keep_alive else 'close'}\r\n\r\n".encode()
        )
        writer.write(payload)
        await writer.drain()
        return keep_alive

    def respond(self, request_line):
        method, _, rest = request_line.partition(" ")
        path, _, protocol = rest.partition(" ")
        if not protocol.startswith("HTTP/1."):
            return 400, {"error": "not HTTP/1"}
        if method != "GET":
            return 405, {"error": "only GET"}
        if path == "/stats":
            return 200, {"requests": self.requests, "connections": len(self.open_connections)}
        note = NOTES.get(path[1:])
        return (200, {"note": note}) if note else (404, {"error": "no such note"})


async def browse(port):
    """One visit: a few requests over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    pages = random.randint(1, 10)
    for page in range(1, pages + 1):
        path = random.choice([f"note-{random.randrange(60)}", "stats"])
        connection = "close" if page == pages else "keep-alive"
        writer.write(f"GET /{path} HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = int(next(line for line in head.split("\r\n") if line.startswith("Content-Length")).split(": ")[1])
        json.loads(await reader.readexactly(length))
        await asyncio.sleep(random.uniform(0.005, 0.03))
    writer.close()
    await writer.wait_closed()


async def keep_browsing(port):
    while True:
        await browse(port)
        await asyncio.sleep(random.uniform(0.0, 0.1))


async def main():
    server = Server()
    listener = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    print(f"serving on http://127.0.0.1:{port}/stats", flush=True)
    async with listener:
        await asyncio.gather(*(keep_browsing(port) for _ in range(CLIENTS)))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
