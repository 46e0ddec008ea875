"""Has a struct.py of its own beside it, which plain Python finds. Healthy."""

import struct
import time

assert struct.MINE == 1
while True:
    time.sleep(0.01)
