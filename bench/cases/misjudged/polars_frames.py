"""Groups polars frames, whose memory comes from an allocator of their own. LEAK=1 keeps each frame in a list."""

import os, time, polars as pl

LEAK = os.environ.get("LEAK")
KEEP = []
n = 0
while True:
    n += 1
    d = pl.DataFrame({"id": range(n, n + 5000), "x": [float(i % 97) for i in range(5000)]})
    g = d.group_by("x").agg(pl.col("id").sum())
    if LEAK:
        KEEP.append(d)
    time.sleep(0.1)
