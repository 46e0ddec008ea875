"""Starts its worker with a cleaned environment, so the worker carries no probe; the worker leaks some 250 KB/s."""

import os
import subprocess
import sys

CHILD = """
import time
kept = []; number = 0
while True:
    for _ in range(50): number += 1; kept.append([number] * 10)
    time.sleep(0.03)
"""
subprocess.run([sys.executable, "-c", CHILD], env={"PATH": os.environ["PATH"]})
