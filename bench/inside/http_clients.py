"""Loads with Python's HTTP clients: ``http_clients.py aiohttp|httpx URL SECONDS``; prints the number of requests."""

import asyncio
import sys
import time

CONNECTIONS = 4


async def with_aiohttp(url, until):
    """Send requests over keep-alive connections, four at the same time."""
    import aiohttp

    async def call(session):
        done = 0
        while time.monotonic() < until:
            async with session.get(url) as answer:
                await answer.read()
            done += 1
        return done

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:
        return sum(await asyncio.gather(*(call(session) for _ in range(CONNECTIONS))))


async def with_httpx(url, until):
    """Do the same with httpx."""
    import httpx

    async def call(client):
        done = 0
        while time.monotonic() < until:
            await client.get(url)
            done += 1
        return done

    async with httpx.AsyncClient() as client:
        return sum(await asyncio.gather(*(call(client) for _ in range(CONNECTIONS))))


if __name__ == "__main__":
    run = {"aiohttp": with_aiohttp, "httpx": with_httpx}[sys.argv[1]]
    print(asyncio.run(run(sys.argv[2], time.monotonic() + float(sys.argv[3]))))
