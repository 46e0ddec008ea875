"""Becomes a daemon by the book: fork, setsid, fork."""
import os
import time

if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
time.sleep(60)
