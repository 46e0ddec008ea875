"""Gets slower as it leaks, for it looks through all that it kept: memory grows like a square root, without any bound."""

import time


class Prompt:
    def __init__(self, number):
        self.number = number
        self.keys = bytearray(60_000)
        self.filters = [lambda n=number + index: n for index in range(40)]


PROMPTS = {}
number = 0
while True:
    number += 1
    for kept in PROMPTS.values():
        for _ in range(12):
            kept.number += 0
    PROMPTS[number] = Prompt(number)
    time.sleep(0.003)
