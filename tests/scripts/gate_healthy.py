"""Handles messages for ever and remembers the last hundred."""
import collections
import json
import time

recent = collections.deque(maxlen=100)
number = 0
while True:
    number += 1
    recent.append(json.loads(json.dumps({"number": number, "lines": list(range(50))})))
    time.sleep(0.01)
