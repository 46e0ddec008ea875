"""Hands frames over in shared memory (mmap of no file) and keeps each: 300 KB/s of shared pages behind a few small objects."""

import mmap
import time

FRAMES = []
SIZE = 96 * 1024
number = 0
while True:
    number += 1
    frame = mmap.mmap(-1, SIZE)
    frame.write(bytes([number % 250]) * SIZE)
    FRAMES.append(frame)
    time.sleep(0.3)
