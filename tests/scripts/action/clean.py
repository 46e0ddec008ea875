"""Works without keeping anything."""

import time

while True:
    work = [bytes(1000) for _ in range(200)]
    del work
    time.sleep(0.01)
