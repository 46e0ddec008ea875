"""Keeps a little more at every turn."""
import time

kept = []
while True:
    kept.extend([n] for n in range(50))
    time.sleep(0.01)
