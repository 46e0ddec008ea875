"""Starts one worker that raises after a moment, one that is killed, and one that says "no" by its status."""

import signal
import subprocess
import sys
import time

RAISES = "import time; time.sleep(1.5); raise ValueError('no such order')"
SLEEPS = "import time; time.sleep(60)"
SAYS_NO = "raise SystemExit(1)"

subprocess.Popen([sys.executable, "-c", RAISES])
subprocess.Popen([sys.executable, "-c", SAYS_NO])
victim = subprocess.Popen([sys.executable, "-c", SLEEPS])
time.sleep(2)
victim.send_signal(signal.SIGKILL)
time.sleep(60)
