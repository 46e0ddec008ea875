"""A server that answers every request of a keep-alive connection with two bytes, and computes a little each time."""

import asyncio
import sys

KEPT: list[bytearray] = []
LEAKS = "leak" in sys.argv


def fib(n: int) -> int:
    """Some work for the interpreter."""
    return n if n < 2 else fib(n - 1) + fib(n - 2)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection."""
    while await reader.readline():
        while (await reader.readline()).strip():
            pass
        fib(12)
        if LEAKS:
            KEPT.append(bytearray(1_000))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
    writer.close()


async def main() -> None:
    """Listen on a free port and print it."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
