"""Ends with os._exit as soon as its probe has written a reading."""
import os
import time

HEADER_AND_RECORD = 100
command = open("/proc/self/cmdline", "rb").read().split(b"\0")
channel = next(os.fsdecode(word) for word in command if b"leakgate-" in word and os.path.isdir(word))
gauges = os.path.join(channel, "gauges-%d.bin" % os.getpid())
while not os.path.exists(gauges) or os.path.getsize(gauges) < HEADER_AND_RECORD:
    time.sleep(0.01)
os._exit(3)
