"""Two workers by fork, both of which allocate."""
import os
import time

for _ in range(2):
    if os.fork() == 0:
        kept = []
        while True:
            kept.append(bytearray(1000))
            time.sleep(0.01)
while True:
    time.sleep(0.05)
