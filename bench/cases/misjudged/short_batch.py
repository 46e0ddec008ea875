"""A job that ends by itself after some three seconds. LEAK=1: it keeps every chunk."""

import os
import time

history = []
for number in range(600):
    chunk = [float(number + index) for index in range(400)]
    if os.environ.get("LEAK"):
        history.append(chunk)
    time.sleep(0.005)
print(sum(map(len, history)))
