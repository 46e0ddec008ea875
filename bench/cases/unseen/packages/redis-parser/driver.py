"""A client that opens a Redis connection for each job, and a small server that answers it."""

import asyncio

from redis.asyncio import Redis


async def answer(reader, writer):
    while True:
        head = await reader.readline()
        if not head:
            break
        words = []
        for _ in range(int(head[1:])):
            size = int((await reader.readline())[1:])
            words.append((await reader.readexactly(size + 2))[:-2].upper())
        writer.write(b"$3\r\nbar\r\n" if words[0] == b"GET" else b"+OK\r\n")
        await writer.drain()
    writer.close()


async def job(port):
    client = Redis(host="127.0.0.1", port=port)
    value = await client.get("foo")
    await client.close(close_connection_pool=True)
    return value


async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    while True:
        assert await job(port) == b"bar"
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(main())
