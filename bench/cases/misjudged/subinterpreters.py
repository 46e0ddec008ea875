"""Uses subinterpreters (3.12, 3.13) and leaks in the main one. Plain Python runs it for ever; it must not be aborted by being looked at."""

import time

try:
    import _interpreters as interpreters

    run = interpreters.exec
except ImportError:
    import _xxsubinterpreters as interpreters

    run = interpreters.run_string

kept = []
number = 0
while True:
    number += 1
    kept.extend("x" * 200 + str(number * 10 + index) for index in range(10))
    if number % 50 == 0:
        one = interpreters.create()
        run(one, "x = [1] * 10")
        interpreters.destroy(one)
    time.sleep(0.005)
