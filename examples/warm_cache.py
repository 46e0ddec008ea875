"""A bounded cache that warms up: it grows for about five seconds, then every new entry evicts the oldest one.

This is not a leak, although it looks like one at first. Runs until it is stopped.
"""

import contextlib
import hashlib
import random
import time
from collections import OrderedDict

PRODUCTS = 50_000
LOOKUPS_PER_S = 400


class RenderedPages:
    """The most recently used pages, at most ``limit`` of them."""

    def __init__(self, limit):
        self.limit = limit
        self.pages = OrderedDict()
        self.hits = 0
        self.misses = 0

    def get(self, product):
        page = self.pages.get(product)
        if page is not None:
            self.hits += 1
            self.pages.move_to_end(product)
            return page
        self.misses += 1
        page = self.pages[product] = render(product)
        if len(self.pages) > self.limit:
            self.pages.popitem(last=False)
        return page


def render(product):
    """A page of about two kilobytes, the same each time for the same product."""
    digest = hashlib.sha256(str(product).encode()).hexdigest()
    rows = "".join(f"<tr><td>{digest[at : at + 8]}</td><td>{at}</td></tr>\n" for at in range(56))
    return f"<h1>Product {product}</h1>\n<table>\n{rows}</table>\n"


def main():
    cache = RenderedPages(limit=2000)
    while True:
        for _ in range(LOOKUPS_PER_S // 20):
            cache.get(random.randrange(PRODUCTS))
        time.sleep(1 / 20)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
