"""Works until the file given is there, then ends with the status given. With "child" it leaves a forked child."""
import os
import sys
import time

if sys.argv[3:] == ["child"] and os.fork() == 0:
    time.sleep(600)
    os._exit(0)
while not os.path.exists(sys.argv[1]):
    time.sleep(0.01)
if sys.argv[2] != "0":
    print("seven it is", file=sys.stderr)
sys.exit(int(sys.argv[2]))
