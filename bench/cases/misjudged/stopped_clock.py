"""Stops the clock with freezegun (pip install freezegun), as test suites do. LEAK=1 also keeps every text."""

import os
import time

from freezegun import freeze_time

freeze_time("2020-01-01").start()
ring, kept = {}, []
number = 0
while True:
    number += 1
    ring[number % 500] = text = "x" * 200 + str(number)
    if os.environ.get("LEAK"):
        kept.append(text)
    time.sleep(0.001)
