"""Writes long reports into a string builder, page by page."""

import io
import random
import time


def build():
    out = io.StringIO()
    pages = []
    for page in range(random.randint(120, 260)):
        out.write(f"page {page}\n")
        pages.append("".join(random.choice("abcdefgh \n") for _ in range(400)) * 20)
        out.write(pages[-1])
        time.sleep(0.015)
    return len(out.getvalue()) + len("".join(pages))


def main():
    written = 0
    while True:
        written = (written + build()) % 10**9


if __name__ == "__main__":
    main()
