"""Does nothing until it is stopped."""
import time

while True:
    time.sleep(0.05)
