"""Starts a relay, which starts a worker, which remembers every message: the leak is two processes down."""

import subprocess
import sys
import time

SEEN = []


def remember(number):
    SEEN.append({"number": number, "text": f"message {number} " * 4})


def worker():
    number = 0
    while True:
        number += 1
        remember(number)
        time.sleep(0.004)


def main():
    role = sys.argv[1] if len(sys.argv) > 1 else "top"
    if role == "worker":
        worker()
    below = {"top": "relay", "relay": "worker"}[role]
    with subprocess.Popen([sys.executable, __file__, below]) as child:
        while child.poll() is None:
            time.sleep(0.5)


if __name__ == "__main__":
    main()
