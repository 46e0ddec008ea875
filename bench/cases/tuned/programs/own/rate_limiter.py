"""Limits how often a client may call, by a bucket for each client."""

import random
import time

BUCKETS = {}


def allow(client):
    tokens, updated = BUCKETS.get(client, (5.0, 0.0))
    now = time.monotonic()
    tokens = min(5.0, tokens + (now - updated))
    BUCKETS[client] = (tokens - 1.0, now)
    return tokens >= 1.0


def main():
    while True:
        for _ in range(3):
            allow(
                f"{random.randint(1, 255)}.{random.randint(0, 255)}.{random.randint(0, 255)}.{random.randint(0, 255)}"
            )
        time.sleep(0.01)


if __name__ == "__main__":
    main()
