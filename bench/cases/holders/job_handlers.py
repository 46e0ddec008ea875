"""A worker that adds a handler with the number of the job to its logger for each job, and removes none."""

import io
import logging
import time


def job_logger(number):
    logger = logging.getLogger("thumbnails")
    logger.propagate = False
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(logging.Formatter(f"job {number}: %(message)s"))
    logger.addHandler(handler)
    return logger


def thumbnail(number):
    job_logger(number)
    return number % 640


def main():
    number = 0
    while True:
        for _ in range(4):
            number += 1
            thumbnail(number)
        time.sleep(0.01)


main()
