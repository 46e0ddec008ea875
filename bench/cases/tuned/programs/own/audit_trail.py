"""Signs requests and archives the signatures every five seconds."""

import hashlib
import os
import time

ARCHIVE = []


def main():
    pending = []
    archived = time.monotonic()
    while True:
        pending.append(hashlib.sha256(os.urandom(64)).digest() * 20)
        if len(pending) > 40:
            pending.pop(0)
        if time.monotonic() - archived > 5.0:
            for _ in range(6):
                ARCHIVE.extend(bytes(one) + b"\0" for one in pending)
            archived = time.monotonic()
        time.sleep(0.01)


if __name__ == "__main__":
    main()
