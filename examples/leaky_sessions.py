"""A planted leak of Python objects: a login service that registers every session and never drops one.

Users log in, do something and go away; nobody calls ``Sessions.end`` for those who just close the browser, and nothing
expires. Memory grows by about 300 KB/s. Runs until it is stopped.
"""

import contextlib
import random
import secrets
import time

VISITS_PER_S = 100


class Session:
    """What the service knows of one visit."""

    def __init__(self, user):
        self.user = user
        self.token = secrets.token_hex(16)
        self.started = time.time()
        self.history = []

    def visit(self, page):
        self.history.append({"page": page, "at": time.time(), "referrer": f"https://shop.example/{page}"})


class Sessions:
    """All sessions by their token."""

    def __init__(self):
        self._by_token = {}

    def start(self, user):
        session = Session(user)
        self._by_token[session.token] = session
        return session

    def end(self, session):
        del self._by_token[session.token]

    def __len__(self):
        return len(self._by_token)


def visit_shop(sessions):
    session = sessions.start(user=f"user-{random.randrange(10_000)}")
    for _ in range(random.randint(2, 12)):
        session.visit(f"product/{random.randrange(1000)}")
    if random.random() < 0.05:  # only a few people log out
        sessions.end(session)


def main():
    sessions = Sessions()
    while True:
        visit_shop(sessions)
        time.sleep(1 / VISITS_PER_S)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
