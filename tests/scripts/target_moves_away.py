"""Changes directory and deletes the folder in which it was started."""
import os
import time

home = os.getcwd()
os.chdir("/")
os.rmdir(home)
while True:
    time.sleep(0.05)
