"""Starts tasks that wait for a condition that is never notified: the tasks and what they wait for are one leak."""

import asyncio

READY = asyncio.Condition()


async def wait_until_ready():
    async with READY:
        await READY.wait()


async def main():
    while True:
        asyncio.create_task(wait_until_ready())
        await asyncio.sleep(0.004)


asyncio.run(main())
