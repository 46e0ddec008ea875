"""Loads tables, freezes them for the collector and forks two workers that read them: pages are copied, nothing grows."""

import gc
import os
import random
import time

TABLES = {}


def serve():
    gc.enable()
    while True:
        for _ in range(50):
            row = TABLES[random.randrange(120_000)]
            json = {"id": row[0], "name": row[1].upper(), "also": [row]}
            json["self"] = json
        time.sleep(0.01)


def main():
    gc.disable()
    for key in range(120_000):
        TABLES[key] = (key, f"name {key}", [key])
    gc.freeze()
    for _ in range(2):
        if os.fork() == 0:
            serve()
    os.wait()


if __name__ == "__main__":
    main()
