"""Keeps another thread and another pipe every 0.15 seconds."""
import os
import threading
import time

pipes = []
while True:
    pipes.append(os.pipe())
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    time.sleep(0.15)
