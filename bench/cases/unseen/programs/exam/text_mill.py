"""Never rests: regular expressions, dictionaries of words and sorting, nothing kept."""

import collections
import random
import re

WORDS = [f"{random.getrandbits(24):x}" for _ in range(4000)]


def mill():
    text = " ".join(random.choices(WORDS, k=6000))
    words = re.findall(r"[a-f]+\d*", text)
    return collections.Counter(words).most_common(10)


def main():
    while True:
        mill()


if __name__ == "__main__":
    main()
