"""Averages noisy sensors and notes the outliers."""

import random
import time

OUTLIERS = []


def read(count):
    return [random.gauss(20.0, 3.0) for _ in range(count)]


def main():
    number = 0
    while True:
        number += 1
        values = read(random.randint(200, 6000))
        mean = sum(values) / len(values)
        if number % 2:
            OUTLIERS.append((time.time(), mean, max(values), f"sensor-{number}"))
        time.sleep(0.02)


if __name__ == "__main__":
    main()
