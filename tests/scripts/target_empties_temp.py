"""Empties the temporary folder after a second, as an over-eager clean-up job does. Later it starts a child."""
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import time

begun = time.monotonic()
emptied = restored = False
pattern = os.path.join(tempfile.gettempdir(), "leakgate-run-*", "leakgate-*", "commands.bin")
ring = {}
number = 0
while True:
    number += 1
    ring[number % 500] = "x" * 200 + str(number)
    if not emptied and time.monotonic() - begun > 1:
        emptied = True
        for path in glob.glob(os.path.join(tempfile.gettempdir(), "*")):
            shutil.rmtree(path, ignore_errors=True)
    if emptied and not restored and glob.glob(pattern):
        restored = True  # leakgate has made its folder again
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    time.sleep(0.001)
