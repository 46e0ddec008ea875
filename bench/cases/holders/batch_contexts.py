"""A job of task groups: each batch leaves a copy of its context, which refers to the rows of the batch."""

import asyncio
import contextvars

CURRENT = contextvars.ContextVar("current")
CALLBACKS = []


class Batch:
    def __init__(self, number):
        self.rows = [f"row {number}-{index}" for index in range(10)]


async def transform(row):
    await asyncio.sleep(0)
    return row.upper()


async def handle(number):
    CURRENT.set(Batch(number))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(transform(row)) for row in CURRENT.get().rows]
    CALLBACKS.append(contextvars.copy_context())
    return sum(len(task.result()) for task in tasks)


async def main():
    number = 0
    while True:
        async with asyncio.TaskGroup() as group:
            for _ in range(5):
                number += 1
                group.create_task(handle(number))
        await asyncio.sleep(0.02)


asyncio.run(main())
