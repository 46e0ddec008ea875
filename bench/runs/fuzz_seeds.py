"""Good inputs for the fuzzer: one of each kind that leakgate reads."""

import json
from typing import Final

from leakgate.archive.forms.baseline_form import dump_baseline
from leakgate.github.comment_memory import remember
from leakgate.model.baseline import AcceptedLeak, Baseline, BaselineEntry
from leakgate.model.review import SeenLeak
from leakgate.model.verdict import Verdict


def _lines(*rows: dict[str, object]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


_FRAMES: Final = [["/home/ada/shop/cart.py", 8, "add"], ["/home/ada/shop/main.py", 3, ""]]
ANSWER: Final = _lines(
    {"kind": "header", "version": 1, "pid": 7},
    {
        "kind": "window",
        "t0": 1.0,
        "t1": 4.0,
        "marks": [1.0, 2.5, 4.0],
        "traced_bytes": [0, 5_000, 10_000],
        "traced_blocks": [0, 50, 100],
        "large_bytes": [0, 0, 0],
        "native_bytes": [0, 10, 20],
    },
    {
        "kind": "site",
        "frames": _FRAMES,
        "bytes": [0, 5_000, 10_000],
        "blocks": [0, 50, 100],
        "large_bytes": [0, 0, 0],
        "large_blocks": [0, 0, 0],
    },
    {"kind": "native-site", "frames": _FRAMES, "bytes": 900, "calls": 3, "total": 1_000, "seconds": 2.0},
    {"kind": "type", "name": "Cart", "counts": [10, 60], "bytes": 40, "marks": [1.0, 4.0], "estimated": False},
    {
        "kind": "holder",
        "path": "shop.cart.CARTS",
        "root": "module shop.cart",
        "container_type": "dict",
        "weak": False,
        "lengths": [10, 35, 60],
        "marks": [1.0, 2.5, 4.0],
        "entry_type": "Cart",
        "entry_bytes": 200,
        "owns": "",
        "bound": None,
        "frames": _FRAMES,
    },
    {"kind": "resource", "metric": "fds", "what": "socket", "count": 4, "seconds": 3.0, "frames": _FRAMES},
    {"kind": "looked"},
    {"kind": "note", "text": "nothing was given up"},
    {"kind": "end", "pause_s": 0.01},
)
_TEST: Final = {
    "kind": "test",
    "id": "tests/test_cart.py::test_add",
    "answer": "leak",
    "repetitions": 3,
    "stopped": "",
    "seconds": 0.4,
    "failure": "",
    "readings": {"blocks": [10, 1, 2], "native": [0, 0, 2]},
    "caches": ["re"],
    "line": ["tests/test_cart.py", 4],
    "plain_s": 0.1,
    "moments": [0.1, 0.2],
}
JOURNAL: Final = _lines(
    {"kind": "collected", "tests": 2, "here": 2, "pytest": "9.2"},
    {"kind": "start", "id": "tests/test_cart.py::test_add"},
    {"kind": "repeat"},
    _TEST,
    {"kind": "broken", "id": "tests/test_x.py", "text": "ImportError"},
    {"kind": "failed", "message": "no"},
    {"kind": "end"},
)
_TURN: Final = {"from_s": 1.0, "to_s": 2.0, "counts": [[0, 10, 1]], "sent_bytes": 900, "received_bytes": 1_800}
WORK: Final = _lines(
    {"event": "routes", "names": ["GET /", "GET /items"]},
    {"event": "turn", **_TURN},
    {"event": "failure", "route": 0, "what": "500", "answer": "no"},
    {"event": "refused", "why": "no", "hint": "try"},
    {"event": "ended", "cpu_s": 0.5},
)
COMMENT: Final = remember(
    [SeenLeak(script="worker", place="cart.py:8", bytes_per_s=900.0, fixed_in="0123456789ab")]
).encode()
_ACCEPTED: Final = BaselineEntry(
    verdict=Verdict.LEAK,
    peak_bytes=30_000_000,
    growth_bytes_per_s=100.0,
    growth_bytes_per_iteration=3.0,
    leaks=(AcceptedLeak(signature="0123456789ab", where="cart.py:add", bytes_per_s=100.0),),
    reason="known",
    owner="shop team",
)
BASELINE: Final = dump_baseline(Baseline({"cpython-3.11-linux-x86_64": {"worker": _ACCEPTED}})).encode()
CONFIG: Final = b"""\
version: 1
fail-on: [leak, error]
time-limit: 10m
defaults:
  duration: 20s
  budgets: {rss: 20MB, heap: 256KB/min, fds: 10}
  env: {MODE: demo}
scripts:
  - name: worker
    path: a.py
    args: [--queue, demo, 3]
    warmup: 2s
  - module: shop.cli
    trace: never
    expect: leak
  - command: [python, a.py, "{port}"]
    ready: {url: /health, timeout: 10s}
    stop: {signal: SIGINT, timeout: 5s}
    services: [{command: [redis-server]}]
    load: {requests: [/health, {path: "/items/{n}", method: POST, body: "{}"}], connections: 4}
  - call: shop.parser:parse
    budgets: {blocks: 0/call}
  - pytest: tests
    time-per-test: 1s
suppressions:
  - {signature: 0123456789ab, reason: known, expires: 2027-01-01}
"""
