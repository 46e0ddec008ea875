"""Joins each new part to one table of Arrow. The parts are not copied: the table refers to more and more of them."""

import time

import pyarrow as pa


class Archive:
    def __init__(self):
        self.table = part(0)


def part(number):
    return pa.table({"order": range(number, number + 200), "city": ["city %d" % at for at in range(200)]})


ARCHIVE = Archive()


def receive(number):
    ARCHIVE.table = pa.concat_tables([ARCHIVE.table, part(number)])


def main():
    number = 0
    while True:
        number += 1
        receive(number)
        time.sleep(0.05)


main()
