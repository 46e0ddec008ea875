"""A job of four phases of three seconds each: read, index, sort, write; then all is dropped and it begins again."""

import random
import time


def spend(seconds, step):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        step()
        time.sleep(0.01)


def run():
    rows, index = [], {}
    spend(3, lambda: rows.extend({"id": random.getrandbits(30), "v": random.random()} for _ in range(120)))
    spend(3, lambda: index.update((random.choice(rows)["id"], "entry" * 8) for _ in range(120)))
    spend(3, lambda: rows.sort(key=lambda row: random.random()))
    spend(3, lambda: [rows.pop() for _ in range(min(len(rows), 100))])


def main():
    while True:
        run()


if __name__ == "__main__":
    main()
