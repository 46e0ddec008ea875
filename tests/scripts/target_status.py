"""Works for a while, then ends with status 7."""
import sys
import time

time.sleep(float(sys.argv[1]))
print("seven it is", file=sys.stderr)
sys.exit(7)
