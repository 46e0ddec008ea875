"""Starts three workers: one says "no" by its status. When the file given is there, one raises and one is killed."""

import os
import signal
import subprocess
import sys
import time

RAISES = """
import os, sys, time
while not os.path.exists(sys.argv[1]):
    time.sleep(0.01)
raise ValueError("no such order")
"""
SLEEPS = "import time; time.sleep(600)"
SAYS_NO = ("sh", "-c", "exit 1")  # a Python that needs three seconds for it on a busy machine would be a dead worker

sign = sys.argv[1]
subprocess.Popen([sys.executable, "-c", RAISES, sign])
subprocess.Popen(SAYS_NO)
victim = subprocess.Popen([sys.executable, "-c", SLEEPS])
while not os.path.exists(sign):
    time.sleep(0.01)
victim.send_signal(signal.SIGKILL)
time.sleep(600)
