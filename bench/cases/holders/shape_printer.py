"""Prints records: a class for each shape of record, and a printer for each class."""

import functools
import time


@functools.singledispatch
def show(record):
    return repr(record)


def make_shape(number):
    return type("Shape%d" % number, (), {"size": number, "__slots__": ("width", "height")})


def main():
    number = 0
    while True:
        number += 1
        shape = make_shape(number)
        show.register(shape)(lambda record: "shape of %d" % record.size)
        show(shape())
        time.sleep(0.01)


main()
