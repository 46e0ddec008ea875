"""Filters Arrow tables, whose memory comes from an allocator of their own. LEAK=1 keeps each table in a list."""

import os, time, pyarrow as pa, pyarrow.compute

LEAK = os.environ.get("LEAK")
KEEP = []
n = 0
while True:
    n += 1
    t = pa.table({"id": list(range(n, n + 5000)), "x": [float(i) for i in range(5000)]})
    s = t.filter(pa.compute.greater(t["x"], 2500.0)) if hasattr(pa, "compute") else t.slice(0, 2500)
    if LEAK:
        KEEP.append(t)
    time.sleep(0.1)
