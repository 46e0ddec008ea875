"""An asyncio editor: slides are linked both ways; the visible one is the newest."""

import asyncio


class Slide:
    __slots__ = ("number", "notes", "previous", "following")

    def __init__(self, number, previous):
        self.number = number
        self.notes = "speaker notes of slide %d" % number
        self.previous = previous
        self.following = None
        if previous is not None:
            previous.following = self


class Deck:
    def __init__(self):
        self.visible = None
        self.count = 0

    async def present(self):
        while True:
            for _ in range(6):
                self.count += 1
                self.visible = Slide(self.count, self.visible)
            await asyncio.sleep(0.01)


async def main():
    deck = Deck()
    await asyncio.gather(deck.present(), heartbeat())


async def heartbeat():
    while True:
        await asyncio.sleep(0.05)


asyncio.run(main())
