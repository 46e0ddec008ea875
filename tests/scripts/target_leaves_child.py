"""Forks a child that lives on, and ends with status 0 after the seconds given."""
import os
import sys
import time

if os.fork() == 0:
    time.sleep(60)
    os._exit(0)
time.sleep(float(sys.argv[1]))
