"""Keeps every mail that it has sent; its argument says how long a mail is, so that a known leak can get worse."""

import sys
import time

SENT = []


def send(size):
    SENT.append(bytes(size))


if __name__ == "__main__":
    while True:
        send(int(sys.argv[1]))
        time.sleep(0.01)
