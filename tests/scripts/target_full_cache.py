"""Replaces the values of a full cache, one after another. No block is added."""
import time

CACHE = {number: bytes(100) for number in range(200_000)}
print("began", flush=True)
while True:
    for number in CACHE:
        CACHE[number] = bytes(100)
        if number % 10 == 0:
            time.sleep(0.001)
