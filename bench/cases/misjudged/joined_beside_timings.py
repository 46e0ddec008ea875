"""Joins each part to one table of pandas. The same function fills a short list, which keeps next to nothing."""

import time

import pandas as pd


class Report:
    def __init__(self):
        self.frame = part(0)
        self.timings = []

    def add(self, number):
        self.frame = pd.concat([self.frame, part(number)], ignore_index=True)
        if number % 5 == 0:
            self.timings.append(time.perf_counter())


def part(number):
    return pd.DataFrame({"order": range(number, number + 300), "price": [0.5] * 300})


REPORT = Report()


def main():
    number = 0
    while True:
        number += 1
        REPORT.add(number)
        time.sleep(0.04)


main()
