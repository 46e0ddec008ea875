"""Parses pages with lxml and keeps one paragraph of each: an element keeps its whole document alive."""

import time

from lxml import etree

PICKED = []


def page(number):
    paragraphs = "".join(f"<p id='p{n}'>text {number} {n}</p>" for n in range(40))
    return f"<html><body>{paragraphs}</body></html>"


def pick(text):
    root = etree.fromstring(text)
    PICKED.append(root.find(".//p"))


def main():
    number = 0
    while True:
        number += 1
        pick(page(number))
        time.sleep(0.03)


if __name__ == "__main__":
    main()
