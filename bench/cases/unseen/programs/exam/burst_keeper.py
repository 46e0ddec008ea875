"""Works all the time; every seven seconds it files a report, and the raw pages of reports are never thrown away."""

import json
import random
import time

PAGES = []


def work():
    return json.dumps([{"n": n, "v": random.random()} for n in range(60)])


def report():
    for page in range(220):
        PAGES.append({"page": page, "rows": [random.random() for _ in range(24)]})


def main():
    due = time.monotonic() + 3
    while True:
        work()
        if time.monotonic() > due:
            due += 7
            report()
        time.sleep(0.01)


if __name__ == "__main__":
    main()
