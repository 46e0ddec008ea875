"""Feeds lines to a filter of its own through stdin; the filter remembers every line to drop repetitions."""

import subprocess
import sys
import time

SEEN = set()


def unique(lines):
    for line in lines:
        if line not in SEEN:
            SEEN.add(line)
            yield line


def filter_lines():
    for line in unique(sys.stdin):
        assert line


def main():
    if sys.argv[1:] == ["--filter"]:
        filter_lines()
        return
    number = 0
    with subprocess.Popen([sys.executable, __file__, "--filter"], stdin=subprocess.PIPE, text=True, bufsize=1) as child:
        while True:
            number += 1
            child.stdin.write(f"line {number} of a stream of lines that are all different, each a little\n")
            time.sleep(0.004)


if __name__ == "__main__":
    main()
