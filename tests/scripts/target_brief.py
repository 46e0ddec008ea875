"""Ends by itself with status 0 after the seconds given."""
import sys
import time

time.sleep(float(sys.argv[1]))
