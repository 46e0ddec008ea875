"""Orders are found by number through a weak index; the desk keeps those that are open."""

import time
import weakref


class Order:
    def __init__(self, number):
        self.number = number
        self.text = "order %d" % number


class Desk:
    def __init__(self):
        self.by_number = weakref.WeakValueDictionary()
        self.unsettled = []

    def place(self, number):
        order = Order(number)
        self.by_number[number] = order
        self.unsettled.append(order)
        return order


def main():
    desk = Desk()
    number = 0
    while True:
        for _ in range(4):
            number += 1
            desk.place(number)
        time.sleep(0.01)


main()
