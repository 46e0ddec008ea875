"""A server of five routes, of which some keep memory with every request.

Arguments: port, and what leaks: ``1:64,3:100000`` (route: bytes of the object that each request keeps). The variable
``PINNED`` names a processor on which it runs together with a neighbour that never rests.
"""

import asyncio
import os
import subprocess
import sys

KEPT: "dict[int, list[bytes]]" = {}
HEADER = sys.getsizeof(b"")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Connection(asyncio.Protocol):
    """Answers every request at once."""

    def connection_made(self, transport):
        """Remember where to answer."""
        self.transport = transport

    def data_received(self, data):
        """Do some work, keep what leaks, answer."""
        route = int(data.split(b" ", 2)[1].split(b"/")[1])
        rows = [str(number) for number in range(100)]
        if route in SIZES:
            KEPT[route].append(bytes(SIZES[route] - HEADER))
        self.transport.write(ANSWER)
        del rows


async def main():
    """Serve for ever."""
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


if __name__ == "__main__":
    SIZES = {int(one.split(":")[0]): int(one.split(":")[1]) for one in sys.argv[2].split(",") if one}
    KEPT.update({route: [] for route in SIZES})
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
