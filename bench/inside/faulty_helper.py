"""A set-up or a service: makes the file that its argument names, works for a second, and stays if it is told to."""

import sys
import time

with open(sys.argv[1], "w", encoding="utf-8"):
    pass
time.sleep(1.0)
print("is ready", flush=True)
if len(sys.argv) > 2:
    time.sleep(600.0)
