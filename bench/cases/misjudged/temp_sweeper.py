"""Empties the temporary folder after two seconds, as an over-eager clean-up job does. Healthy. (Run it with a TMPDIR of its own.)"""

import glob
import shutil
import tempfile
import time

begun = time.monotonic()
swept = False
ring = {}
number = 0
while True:
    number += 1
    ring[number % 500] = "x" * 200 + str(number)
    if not swept and time.monotonic() - begun > 2:
        swept = True
        for path in glob.glob(tempfile.gettempdir() + "/*"):
            shutil.rmtree(path, ignore_errors=True)
    time.sleep(0.001)
