"""Prints 100 MB as fast as it can, to both streams, then works on."""
import sys
import time

line = b"x" * 99_999 + b"\n"
for number in range(500):
    sys.stdout.buffer.write(line)
    sys.stderr.buffer.write(line)
sys.stdout.buffer.write(b"the last line\n")
sys.stdout.flush()
while True:
    time.sleep(0.05)
