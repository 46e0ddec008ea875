"""Works for a while and ends: gate_ends.py SECONDS HOW, which is a status, raise, os._exit or kill."""
import os
import signal
import sys
import time

seconds, how = float(sys.argv[1]), sys.argv[2]
print("working", flush=True)
until = time.monotonic() + seconds
while time.monotonic() < until:
    [str(number) for number in range(1000)]
    time.sleep(0.02)
if how == "raise":
    raise RuntimeError("the queue is gone")
if how == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
if how == "os._exit":
    os._exit(5)
sys.exit(int(how))
