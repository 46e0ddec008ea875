"""Jobs of RQ. With the variable LEAK a job keeps its arguments."""

import os

DONE = []


def resize(picture):
    pixels = [f"{picture} {row}" for row in range(20)]
    if os.environ.get("LEAK"):
        DONE.append(pixels)
    return len(pixels)
