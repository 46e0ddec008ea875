"""Arms a timeout of an hour for every request on the event loop and does not disarm it."""

import asyncio


def expire(request):
    raise TimeoutError(request)


async def handle(loop, number):
    loop.call_later(3600, expire, {"number": number, "path": f"/item/{number}"})
    await asyncio.sleep(0)


async def main():
    loop, number = asyncio.get_running_loop(), 0
    while True:
        number += 1
        await handle(loop, number)
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(main())
