"""A server with five routes, some of which keep memory on every request.

Arguments: the port, and the leaks: ``1:64,3:100000`` (route: bytes of the object that each request keeps). The variable
``PINNED`` names a processor on which the server runs together with a busy process.
"""

import asyncio
import os
import subprocess
import sys

KEPT: "dict[int, list[bytes]]" = {route: [] for route in range(5)}
SIZES: "dict[int, int]" = {}
HEADER = sys.getsizeof(b"")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def items():
    """Answer the first route."""
    if 0 in SIZES:
        KEPT[0].append(bytes(SIZES[0] - HEADER))


def orders():
    """Answer the second route."""
    if 1 in SIZES:
        KEPT[1].append(bytes(SIZES[1] - HEADER))


def search():
    """Answer the third route."""
    if 2 in SIZES:
        KEPT[2].append(bytes(SIZES[2] - HEADER))


def login():
    """Answer the fourth route."""
    if 3 in SIZES:
        KEPT[3].append(bytes(SIZES[3] - HEADER))


def about():
    """Answer the fifth route."""
    if 4 in SIZES:
        KEPT[4].append(bytes(SIZES[4] - HEADER))


HANDLERS = (items, orders, search, login, about)


class Connection(asyncio.Protocol):
    """Answers every request at once."""

    def connection_made(self, transport):
        """Remember where to answer."""
        self.transport = transport

    def data_received(self, data):
        """Do some work, call the handler of the route, which may leak, and answer."""
        route = int(data.split(b" ", 2)[1].split(b"/")[1])
        rows = [str(number) for number in range(100)]
        HANDLERS[route]()
        self.transport.write(ANSWER)
        del rows


async def main():
    """Serve for ever."""
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


if __name__ == "__main__":
    SIZES.update({int(one.split(":")[0]): int(one.split(":")[1]) for one in sys.argv[2].split(",") if one})
    neighbour = None
    if os.environ.get("PINNED"):
        os.sched_setaffinity(0, {int(os.environ["PINNED"])})
        spin = "import os, sys\nwhile os.getppid() == int(sys.argv[1]): sum(range(100000))"
        neighbour = subprocess.Popen([sys.executable, "-S", "-c", spin, str(os.getpid())])
    try:
        asyncio.run(main())
    finally:
        if neighbour is not None:
            neighbour.kill()
