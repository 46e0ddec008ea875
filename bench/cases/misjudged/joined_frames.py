"""Joins each new part to one large table of pandas and keeps the result: the table is a new object each time."""

import time

import pandas as pd

SEEN = pd.DataFrame({"order": range(100), "price": [9.5] * 100, "city": ["Lyon"] * 100})
PART = SEEN.copy()


def receive():
    global SEEN
    SEEN = pd.concat([SEEN, PART], ignore_index=True)


def main():
    while True:
        receive()
        time.sleep(0.02)


main()
