"""Empties the temporary folder after a second, as an over-eager clean-up job does. Has a child from then on."""
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import time

begun = time.monotonic()
emptied = False
ring = {}
number = 0
while True:
    number += 1
    ring[number % 500] = "x" * 200 + str(number)
    if not emptied and time.monotonic() - begun > 1:
        emptied = True
        for path in glob.glob(os.path.join(tempfile.gettempdir(), "*")):
            shutil.rmtree(path, ignore_errors=True)
        time.sleep(2)
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    time.sleep(0.001)
