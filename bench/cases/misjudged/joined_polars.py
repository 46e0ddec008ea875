"""Joins each new part to one data frame of polars, in a variable of the function that runs all the time."""

import time

import polars as pl


def part(number):
    return pl.DataFrame(
        {"order": range(number, number + 200), "city": ["a city with number %d" % at for at in range(200)]}
    )


def main():
    number, orders = 0, part(0)
    while True:
        number += 1
        orders = pl.concat([orders, part(number)])
        time.sleep(0.05)


main()
