"""Deliveries in the order they came: a first one, and each knows the next."""

import time


class Stop:
    __slots__ = ("parcel", "street", "after")

    def __init__(self, parcel, street):
        self.parcel = parcel
        self.street = street
        self.after = None


class Round:
    __slots__ = ("first", "last")

    def __init__(self):
        self.first = self.last = Stop(0, "depot")

    def add(self, parcel):
        stop = Stop(parcel + 1.5, "street %d" % parcel)
        self.last.after = stop
        self.last = stop


def main():
    chain = Round()
    parcel = 0
    while True:
        for _ in range(8):
            parcel += 1
            chain.add(parcel)
        sum(number * number for number in range(500))
        time.sleep(0.01)


main()
