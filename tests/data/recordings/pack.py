"""Pack a recording for the tests: python pack.py TEXT OUT.json.gz. See README.md."""

import gzip
import json
import sys
from itertools import pairwise
from pathlib import Path

COLUMNS = {"t_ms": 0, "blocks": 1, "native": 2, "rss": 3, "anon": 6}
"""Where the text has each column; ``anon`` is missing in older recordings, ``rss`` is left out where it is there."""


def main() -> None:
    text, out = Path(sys.argv[1]), Path(sys.argv[2])
    lines = [line.split() for line in text.read_text(encoding="ascii").splitlines()]
    rows = sorted((line for line in lines if len(line) == len(lines[0])), key=lambda row: float(row[0]))
    has_anon = len(lines[0]) > COLUMNS["anon"]
    columns = {
        name: [round(float(row[index]) * (1000 if name == "t_ms" else 1)) for row in rows]
        for name, index in COLUMNS.items()
        if name != ("rss" if has_anon else "anon")
    }
    columns["settled"] = [int(float(row[5]) > 0) for row in rows]
    steps = {name: [values[0], *(b - a for a, b in pairwise(values))] for name, values in columns.items()}
    stored = json.dumps({"version": 1, "columns": steps}, separators=(",", ":"))
    out.write_bytes(gzip.compress(stored.encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
