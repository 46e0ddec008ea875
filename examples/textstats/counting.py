"""The work of the package."""

import random

WORDS = ("leak", "gate", "heap", "floor", "slope", "trace")


def made_up_text(words):
    return " ".join(random.choice(WORDS) for _ in range(words))


def count(text):
    found = {}
    for word in text.split():
        found[word] = found.get(word, 0) + 1
    return found
