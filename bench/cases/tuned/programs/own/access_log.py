"""Writes an access log that is rotated when it is full."""

import logging
import logging.handlers
import pathlib
import random
import tempfile
import time


def main():
    with tempfile.TemporaryDirectory() as folder:
        handler = logging.handlers.RotatingFileHandler(
            pathlib.Path(folder) / "access.log", maxBytes=200_000, backupCount=3
        )
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log = logging.getLogger("access")
        log.setLevel(logging.INFO)
        log.propagate = False
        log.addHandler(handler)
        while True:
            for _ in range(6):
                log.info("GET /%s %d bytes", "%x" % random.getrandbits(60), random.randint(1, 10**6))
            time.sleep(0.005)


if __name__ == "__main__":
    main()
