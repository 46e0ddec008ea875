"""An immutable ledger: the new one is a pair of an entry and the old one."""

import time


def book(ledger, amount):
    return ("booking of %d" % amount, float(amount)), ledger


def main():
    ledger = None
    amount = 0
    while True:
        for _ in range(8):
            amount += 1
            ledger = book(ledger, amount)
        scratch = tuple(range(500))
        del scratch
        time.sleep(0.01)


main()
