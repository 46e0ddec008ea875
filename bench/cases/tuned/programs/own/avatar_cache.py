"""Shares decoded avatars among the pages that show them, for as long as a page does."""

import collections
import random
import time
import weakref


class Avatar:
    def __init__(self, owner):
        self.owner = owner
        self.pixels = bytes(random.randint(2000, 9000))


AVATARS = weakref.WeakValueDictionary()


def avatar_of(owner):
    found = AVATARS.get(owner)
    if found is None:
        found = AVATARS[owner] = Avatar(owner)
    return found


def main():
    pages = collections.deque(maxlen=400)
    while True:
        pages.append([avatar_of(random.randint(1, 10**7)) for _ in range(8)])
        if random.random() < 0.02:
            for _ in range(len(pages) // 2):
                pages.popleft()
        time.sleep(0.01)


if __name__ == "__main__":
    main()
