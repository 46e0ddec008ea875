"""Its only worker dies after four seconds with a traceback; the parent waits for ever. What should have leaked was never done."""

import subprocess
import sys
import time

CHILD = "import time, json; time.sleep(4); json.loads('{not json')"
subprocess.Popen([sys.executable, "-c", CHILD])
while True:
    time.sleep(1)
