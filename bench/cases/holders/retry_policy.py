"""Calls that fail now and then: the policy remembers what went wrong last."""

import time


class Unavailable(Exception):
    pass


class RetryPolicy:
    last_error = None


def call(number):
    payload = "request %d " % number * 4
    if number % 2:
        raise Unavailable(payload)
    return payload


def attempt(number):
    try:
        return call(number)
    except Unavailable as error:
        problem = Unavailable("attempt %d" % number)
        problem.__cause__ = RetryPolicy.last_error
        RetryPolicy.last_error = problem
        return str(error)


def main():
    number = 0
    while True:
        for _ in range(10):
            number += 1
            attempt(number)
        time.sleep(0.01)


main()
