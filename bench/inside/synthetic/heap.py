"""A program with HEAP_OBJECTS live objects. It does a little work repeatedly, and records its pauses.

HEAP_MODE `flat` keeps the objects; `churn` also makes cyclic garbage; `leak` keeps a little more with every step. A
pause is processor time of all threads between two steps, so other programs on the machine do not count.
Lines of HEAP_PAUSES: `gate` or `alone`, time, length; the first line is the start of the program.
"""

import os
import sys
import time

import pyperf

OBJECTS = int(os.environ["HEAP_OBJECTS"])
MODE = os.environ["HEAP_MODE"]
PAUSES = os.open(os.environ["HEAP_PAUSES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
NOTED_S = 0.002
WHO = b"gate" if "_leakgate_probe" in sys.modules else b"alone"


def note(seconds):
    """Write a line."""
    os.write(PAUSES, b"%s %f %f\n" % (WHO, time.monotonic(), seconds))


note(0.0)

live = [[number, str(number)] for number in range(OBJECTS // 2)]
leaked = []
words = [str(number) for number in range(1000)]
last = time.process_time()


def step():
    """One unit of work: a millisecond or less."""
    global last
    now = time.process_time()
    if now - last > NOTED_S:
        note(now - last)
    last = time.process_time()
    ",".join(words).split(",")
    if MODE == "churn":
        ring = []
        ring.append(ring)
    elif MODE == "leak":
        leaked.append("session %d of %d" % (len(leaked), OBJECTS))
        time.sleep(0.0002)


pyperf.Runner().bench_func("heap", step)
