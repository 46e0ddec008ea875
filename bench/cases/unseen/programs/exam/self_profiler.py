"""Profiles its own memory with tracemalloc all the time, and leaks sessions all the same."""

import random
import time
import tracemalloc

SESSIONS = {}


def open_session():
    SESSIONS[random.getrandbits(64)] = {"user": f"user-{random.getrandbits(40)}", "cart": [random.random()]}


def main():
    tracemalloc.start()
    due = time.monotonic() + 4
    while True:
        open_session()
        if time.monotonic() > due:
            due += 4
            assert tracemalloc.get_traced_memory()[0] > 0
        time.sleep(0.008)


if __name__ == "__main__":
    main()
