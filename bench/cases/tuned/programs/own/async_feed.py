"""Reads a feed into a queue and works it off, a little too slowly."""

import asyncio
import random


async def produce(queue):
    number = 0
    while True:
        number += 1
        await queue.put({"id": number, "body": "b" * random.randint(100, 700)})
        await asyncio.sleep(0.006)


async def consume(queue):
    while True:
        item = await queue.get()
        await asyncio.sleep(0.009 + 0.0001 * (item["id"] % 5))


async def main():
    queue = asyncio.Queue()
    await asyncio.gather(produce(queue), consume(queue))


if __name__ == "__main__":
    asyncio.run(main())
