"""Prints 100 MB as fast as it can, to both streams, makes the file given, then works on."""
import sys
import time

line = b"x" * 99_999 + b"\n"
for number in range(500):
    sys.stdout.buffer.write(line)
    sys.stderr.buffer.write(line)
sys.stdout.buffer.write(b"the last line\n")
sys.stdout.flush()
open(sys.argv[1], "w").close()
while True:
    time.sleep(0.05)
