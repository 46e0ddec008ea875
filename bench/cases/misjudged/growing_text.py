"""Keeps its report as one text: each line makes a longer copy of it, so that no container grows."""

import time


class Report:
    def __init__(self):
        self.text = ""

    def add(self, number):
        self.text += "line %d of the report\n" % number


def main():
    report = Report()
    number = 0
    while True:
        report.add(number)
        number += 1
        time.sleep(0.001)


main()
