"""Jobs of RQ; LEAK makes a job keep what it was given."""

import os

DONE = []


def resize(picture):
    pixels = [f"{picture} {row}" for row in range(20)]
    if os.environ.get("LEAK"):
        DONE.append(pixels)
    return len(pixels)
