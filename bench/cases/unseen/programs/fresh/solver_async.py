"""asyncio tasks that burn the processor and build tens of megabytes, then drop them."""

import asyncio
import random


def search(seed, size):
    rng = random.Random(seed)
    rows = [[rng.random() for _ in range(60)] for _ in range(size)]
    rows.sort(key=sum)
    index = {(round(row[0], 3), n): row for n, row in enumerate(rows)}
    return len(index)


async def job(seed):
    total = 0
    for part in range(3):
        total += search(seed + part, 1500 + 500 * (seed % 8))
        await asyncio.sleep(0)
    return total


async def main():
    seed = 0
    while True:
        await asyncio.gather(*(job(seed + step) for step in range(3)))
        seed += 1
        await asyncio.sleep(0.02)


if __name__ == "__main__":
    asyncio.run(main())
