"""A set-up or a service. It makes the file that its argument names, and works for a second. Some stay after that.

`call` leaks with each call.
"""

import sys
import time

KEPT: list[bytes] = []


def show(name: str) -> None:
    """Make the file with this name."""
    with open(name, "w", encoding="utf-8"):
        pass


def call() -> None:
    """Keep some bytes, and show that the calls have begun."""
    show("in-calls")
    KEPT.append(bytes(1_000))


if __name__ == "__main__":
    show(sys.argv[1])
    time.sleep(1.0)
    print("is ready", flush=True)
    if len(sys.argv) > 2:
        time.sleep(600.0)
