"""A cache that fills for two and a half seconds by the clock and then drops an entry for each new one."""
import collections
import time

LIMIT = 250
PER_S = 100
cache = collections.OrderedDict()
number, started = 0, time.monotonic()
while True:
    while number < PER_S * (time.monotonic() - started):
        number += 1
        cache[number] = "page " * 800 + str(number)
        if len(cache) > LIMIT:
            cache.popitem(last=False)
    time.sleep(0.01)
