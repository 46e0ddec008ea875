"""Completions: every query is put into a trie of letters."""

import random
import time

LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Letter:
    def __init__(self):
        self.next = {}
        self.ends = 0


LEXICON = Letter()


def learn(word):
    node = LEXICON
    for letter in word:
        node = node.next.setdefault(letter, Letter())
    node.ends += 1


def main():
    while True:
        learn("".join(random.choice(LETTERS) for _ in range(9)))
        scratch = {number: str(number) for number in range(200)}
        scratch.clear()
        time.sleep(0.01)


main()
