"""A context variable with a list as its default: every request adds to the same one."""

import contextvars
import time

TRAIL = contextvars.ContextVar("trail", default=[])


def handle(number):
    TRAIL.get().append("request %d" % number)
    return len(TRAIL.get())


def main():
    number = 0
    while True:
        for _ in range(10):
            number += 1
            contextvars.copy_context().run(handle, number)
        time.sleep(0.01)


main()
