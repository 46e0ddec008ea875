"""Keeps every session for ever: 100 a second by the clock, so that it does not leak more slowly on a busy machine."""

import time

SESSIONS = []


def open_session():
    SESSIONS.append({"id": len(SESSIONS), "data": bytearray(8000)})


started = time.monotonic()
while True:
    while len(SESSIONS) < 100 * (time.monotonic() - started):
        open_session()
    time.sleep(0.01)
