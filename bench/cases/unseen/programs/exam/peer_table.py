"""A line server over loopback whose clients come and go; the table of peers is only ever added to."""

import asyncio

PEERS = {}


async def serve(reader, writer):
    state = PEERS[len(PEERS)] = {"peer": writer.get_extra_info("peername"), "lines": []}
    while line := await reader.readline():
        state["lines"].append(line.decode())
        writer.write(line.upper())
        await writer.drain()
    writer.close()


async def client(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in range(12):
        writer.write(f"hello {number} from a client\n".encode())
        await writer.drain()
        await reader.readline()
    writer.close()
    await writer.wait_closed()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    while True:
        await asyncio.gather(*(client(port) for _ in range(3)))
        await asyncio.sleep(0.08)


if __name__ == "__main__":
    asyncio.run(main())
