"""Streams log lines through generators: parse, group by minute, keep the largest groups."""

import heapq
import itertools
import random
import time


def lines():
    minute = 0
    while True:
        minute += 1
        for _ in range(random.randint(100, 1500)):
            yield f"{minute} GET /item/{random.randint(1, 9999)} {random.randint(200, 599)}"
        time.sleep(0.02)


def parsed(source):
    for line in source:
        minute, verb, path, status = line.split()
        yield int(minute), verb, path, int(status)


def main():
    largest = []
    for minute, group in itertools.groupby(parsed(lines()), key=lambda row: row[0]):
        rows = list(group)
        heapq.heappush(largest, (len(rows), minute, rows))
        if len(largest) > 8:
            heapq.heappop(largest)
        if minute % 200 == 0:
            largest.clear()


if __name__ == "__main__":
    main()
