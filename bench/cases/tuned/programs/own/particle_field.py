"""Simulates particles that are born and die, so that their number wanders around a mean."""

import random
import time


class Particle:
    __slots__ = ("age", "x", "y")

    def __init__(self):
        self.age = 0
        self.x = random.random()
        self.y = random.random()


def main():
    field = [Particle() for _ in range(8000)]
    while True:
        pull = (8000 - len(field)) / 150
        for _ in range(max(0, int(random.gauss(60 + pull, 60)))):
            field.append(Particle())
        for _ in range(max(0, int(random.gauss(60 - pull, 60)))):
            if field:
                field[random.randrange(len(field))] = field[-1]
                field.pop()
        time.sleep(0.01)


if __name__ == "__main__":
    main()
