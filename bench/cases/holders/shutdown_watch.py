"""Every request listens for the shutdown of the server, which does not come."""

import asyncio


async def handle(number, closing):
    notice = "request %d was open" % number
    closing.add_done_callback(lambda future: print(notice, future))
    await asyncio.sleep(0)
    return number


async def main():
    closing = asyncio.get_running_loop().create_future()
    number = 0
    while True:
        for _ in range(4):
            number += 1
            await handle(number, closing)
        await asyncio.sleep(0.01)


asyncio.run(main())
