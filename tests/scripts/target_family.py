"""A main process with a child that ignores SIGTERM, and a grandchild that left the session."""
import os
import signal
import time


def live():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(0.05)


if os.fork() == 0:
    live()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        live()
    os._exit(0)
while True:
    time.sleep(0.05)
