"""An echo server over loopback with clients that come and go, and timeouts that are cancelled."""

import asyncio
import random


async def serve(reader, writer):
    while line := await asyncio.wait_for(reader.readline(), 30):
        writer.write(line)
        await writer.drain()
    writer.close()


async def client(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(random.randint(1, 20)):
        writer.write(b"x" * random.randint(10, 20_000) + b"\n")
        await writer.drain()
        await reader.readline()
    writer.close()
    await writer.wait_closed()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    while True:
        await asyncio.gather(*(client(port) for _ in range(random.randint(1, 8))))
        await asyncio.sleep(0.02)


if __name__ == "__main__":
    asyncio.run(main())
