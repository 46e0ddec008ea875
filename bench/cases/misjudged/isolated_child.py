"""Its child is started with -I and an environment of its own, so it carries no probe; the child leaks 48 KB/s."""

import subprocess
import sys

CHILD = """
import time
class Item:
    def __init__(self, number): self.number = number; self.text = "x" * 200 + str(number)
kept = []; number = 0
while True:
    for _ in range(10): number += 1; kept.append(Item(number))
    time.sleep(0.08)
"""
subprocess.run([sys.executable, "-I", "-c", CHILD], env={})
