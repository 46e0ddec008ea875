"""Keeps every session for ever."""

import time

SESSIONS = []


def open_session():
    SESSIONS.append({"id": len(SESSIONS), "data": bytearray(8000)})


while True:
    open_session()
    time.sleep(0.002)
