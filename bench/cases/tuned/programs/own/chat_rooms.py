"""Passes messages among chat rooms; members come and go."""

import asyncio
import random


class Member:
    def __init__(self, room):
        self.room = room
        self.inbox = asyncio.Queue()
        self.seen = []

    async def read(self):
        for _ in range(random.randint(5, 40)):
            self.seen.append(await self.inbox.get())
        self.room.members.discard(self)


class Room:
    def __init__(self):
        self.members = set()

    def send(self, text):
        for member in self.members:
            member.inbox.put_nowait(text)


async def main():
    rooms = [Room() for _ in range(15)]
    tasks = set()
    while True:
        room = random.choice(rooms)
        if len(room.members) < 12:
            member = Member(room)
            room.members.add(member)
            task = asyncio.create_task(member.read())
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        room.send("m" * random.randint(10, 900))
        await asyncio.sleep(0.003)


if __name__ == "__main__":
    asyncio.run(main())
