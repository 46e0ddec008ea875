"""A full cache of 512 texts. Its keys are numbers that get longer now and then, so entries grow a little while the cache is replaced. Healthy: it is bounded."""

import time
from collections import OrderedDict

CACHE = OrderedDict()
number = 0
while True:
    for _ in range(2):
        number += 1
        CACHE[number] = "|".join(f"section{number}x{index}" for index in range(45))
        if len(CACHE) > 512:
            CACHE.popitem(last=False)
    time.sleep(0.04)
