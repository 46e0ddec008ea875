"""A cache that fills for two and a half seconds and then drops an entry for each new one."""
import collections
import time

LIMIT = 250
cache = collections.OrderedDict()
number = 0
while True:
    number += 1
    cache[number] = "page " * 800 + str(number)
    if len(cache) > LIMIT:
        cache.popitem(last=False)
    time.sleep(0.01)
