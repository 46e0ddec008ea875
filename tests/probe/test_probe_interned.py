"""Strings that CPython 3.12.0 to 3.12.5 interns and never frees do not count as growth of a test."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = """
import pathlib, sys
sys.path.insert(0, sys.argv[1])
from leakgate.probe.repeat.count_readings import _without_interned
count = _without_interned(sys.getallocatedblocks)
def call(number):
    pathlib.PurePath("/tmp/name%d/x" % number).name
for number in range(300):
    call(number)
before = count()
for number in range(300, 600):
    call(number)
print(count() - before)
"""


def test_names_of_files_leave_no_block_behind(python: str) -> None:
    command = [python, "-c", PROGRAM, str(ROOT)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(found.stdout) < 10
