"""Finds leakgate's channel and writes rubbish into everything in it."""
import os
import time

command = open("/proc/self/cmdline", "rb").read().split(b"\0")
channel = next(os.fsdecode(word) for word in command if b"leakgate-" in word and os.path.isdir(word))
time.sleep(0.5)
with open(os.path.join(channel, "gauges-%d.bin" % os.getpid()), "ab") as file:
    file.write(b"\xff" * 64 * 200)
    file.truncate(10 * 1024**3)
with open(os.path.join(channel, "gauges-4000000.bin"), "wb") as file:
    file.write(b"LKGAUGE1" + b"\0" * 100)
os.mkfifo(os.path.join(channel, "gauges-4000001.bin"))
os.symlink("/dev/zero", os.path.join(channel, "gauges-4000002.bin"))
while True:
    time.sleep(0.05)
