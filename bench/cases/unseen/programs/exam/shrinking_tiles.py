"""Gives back large tiles all the time, and keeps a small receipt for each."""

import time

TILES = []
RECEIPTS = []


def give_back():
    tile = TILES.pop() if TILES else bytearray(10)
    for quarter in range(4):
        RECEIPTS.append({"quarter": quarter, "bytes": len(tile), "at": time.time()})


def main():
    TILES.extend(bytearray(40_000) for _ in range(4000))
    while True:
        give_back()
        time.sleep(0.03)


if __name__ == "__main__":
    main()
