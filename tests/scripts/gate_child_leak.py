"""A main process at rest, with a child that runs the leaking program beside this one."""
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
child = subprocess.Popen([sys.executable, os.path.join(HERE, "gate_python_leak.py")])
while True:
    time.sleep(0.1)
