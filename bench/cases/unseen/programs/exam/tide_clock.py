"""Sleeps nearly all the time and does a good deal every three seconds."""

import json
import random
import time


def compute():
    table = [{"hour": hour, "level": random.random(), "notes": ["n"] * 20} for hour in range(8000)]
    return len(json.dumps(table))


def main():
    while True:
        compute()
        time.sleep(3)


if __name__ == "__main__":
    main()
