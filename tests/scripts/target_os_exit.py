"""Leaves without a word."""
import os
import time

time.sleep(0.2)
os._exit(3)
