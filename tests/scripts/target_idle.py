"""Does nothing, for as long as one lets it."""
import time

while True:
    time.sleep(0.05)
