"""A cache whose keys repeat: it fills evenly for about ten seconds, then new values replace older ones."""

import time

PRICES = {}


def look_up(number):
    PRICES[number % 8_000] = bytes(100)


def main():
    number = 0
    while True:
        number += 1
        look_up(number)
        time.sleep(0.001)


main()
