"""Keeps the last 400 messages, of 100 to 3,000 bytes each. Healthy: nothing else is kept."""

import collections
import random
import time

RING = collections.deque(maxlen=400)
sizes = random.Random(791593)
number = 0
while True:
    number += 1
    RING.append([number, bytearray(sizes.randrange(100, 3000))])
    time.sleep(0.01)
