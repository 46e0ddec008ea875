"""Keeps its state in a dict that is never changed: each step makes a longer copy."""

import time

STATE = {}


def reduce(number):
    global STATE
    STATE = {**STATE, number: bytes(300)}


def main():
    number = 0
    while True:
        number += 1
        reduce(number)
        time.sleep(0.005)


main()
