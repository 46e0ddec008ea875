"""An Engine.IO server, and clients that open a session by polling and then vanish."""

import asyncio
import random

import engineio
from aiohttp import web


async def start_server():
    server = engineio.AsyncServer(async_mode="aiohttp", ping_interval=1, ping_timeout=1)
    app = web.Application()
    server.attach(app)

    @server.on("message")
    async def message(sid, data):
        await server.send(sid, data)

    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, runner.addresses[0][1]


async def visit(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /engine.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    assert b"sid" in answer
    writer.close()


async def main():
    runner, port = await start_server()
    while True:
        await visit(port)
        await asyncio.sleep(random.uniform(0.005, 0.015))


if __name__ == "__main__":
    asyncio.run(main())
