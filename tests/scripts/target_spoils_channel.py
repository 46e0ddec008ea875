"""Finds leakgate's channel, writes rubbish into everything in it, and makes the file given."""
import os
import sys
import time

command = open("/proc/self/cmdline", "rb").read().split(b"\0")
channel = next(os.fsdecode(word) for word in command if b"leakgate-" in word and os.path.isdir(word))
gauges = os.path.join(channel, "gauges-%d.bin" % os.getpid())
while not os.path.exists(gauges) or os.path.getsize(gauges) < 500:  # a few sound readings come first
    time.sleep(0.01)
with open(gauges, "ab") as file:
    file.write(b"\xff" * 64 * 200)
    file.truncate(10 * 1024**3)
with open(os.path.join(channel, "gauges-4000000.bin"), "wb") as file:
    file.write(b"LKGAUGE1" + b"\0" * 100)
os.mkfifo(os.path.join(channel, "gauges-4000001.bin"))
os.symlink("/dev/zero", os.path.join(channel, "gauges-4000002.bin"))
open(sys.argv[1], "w").close()
while True:
    time.sleep(0.05)
