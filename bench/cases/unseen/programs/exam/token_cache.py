"""Tokens live for nine seconds; each look at the cache throws out the oldest that are over."""

import collections
import random
import time

TOKENS = collections.deque()


def issue(now):
    TOKENS.append((now, {"token": f"{random.getrandbits(128):x}", "scope": ["read", "write"]}))
    while TOKENS[0][0] < now - 9:
        TOKENS.popleft()


def main():
    while True:
        for _ in range(8):
            issue(time.monotonic())
        time.sleep(0.01)


if __name__ == "__main__":
    main()
