"""Good inputs for the fuzzer: one of each kind that leakgate reads."""

import io
import json
import struct
import zipfile
from types import MappingProxyType
from typing import Final

from leakgate.archive.forms.baseline_form import dump_baseline
from leakgate.github.comment_memory import remember
from leakgate.model.baseline import AcceptedLeak, Baseline, BaselineEntry
from leakgate.model.evidence import RepeatedTest, SuiteEvidence
from leakgate.model.repeated import Repetitions, TestOutcome
from leakgate.model.review import SeenLeak
from leakgate.model.verdict import Verdict
from tests.helpers.journal_lines import TEST_LINE


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
_TEST: Final = {**TEST_LINE, "caches": ["re"], "moments": [0.1, 0.2]}
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
_CONFIG_START: Final = b"version: 1\n"
CONFIGS: Final = tuple(
    _CONFIG_START + part
    for part in (
        b"""\
fail-on: [leak, error]
time-limit: 10m
defaults: {duration: 20s, budgets: {rss: 20MB, heap: 256KB/min, fds: 10}, env: {MODE: demo}}
scripts: [{path: a.py}]
""",
        b"""\
scripts:
  - name: worker
    path: a.py
    args: [--queue, demo, 3]
    warmup: 2s
  - {module: shop.cli, trace: never, expect: leak}
""",
        b"""\
scripts:
  - command: [python, a.py, "{port}"]
    ready: {url: /health, timeout: 10s}
    stop: {signal: SIGINT, timeout: 5s}
    services: [{command: [redis-server]}]
    load: {requests: [/health, {path: "/items/{n}", method: POST, body: "{}"}], connections: 4}
""",
        b"""\
scripts:
  - {call: "shop.parser:parse", budgets: {blocks: 0/call}}
  - {pytest: tests, time-per-test: 1s}
suppressions: [{signature: 0123456789ab, reason: known, expires: 2027-01-01}]
""",
    )
)
"""Several short ones: YAML is slow to parse."""
ACCEPT: Final = b"/leakgate accept worker api : bounded by the number of tenants\nthanks"
PATCH: Final = (
    b"@@ -1,3 +1,4 @@ def add(item):\n import shop\n-KEPT = []\n+KEPT = {}\n+SEEN = set()\n x\n@@ -9 +11,2 @@\n+y"
)
SOURCE: Final = b"""\
import os
from flask import Flask
from uvicorn import run

app = Flask(__name__)
KEPT = {}


def create_app():
    return Flask("shop")


@app.route("/items/<int:item>", methods=["GET"])
def items(item):
    KEPT[item] = [None] * 100
    KEPT.setdefault(item, []).append(item)
    return "yes"


if __name__ == "__main__":
    run(app, port=int(os.environ.get("PORT", "8000")))
"""
PYPROJECT: Final = b"""\
[project]
name = "shop"
dependencies = ["flask>=3"]

[project.scripts]
shop = "shop.cli:main"
worker = "shop.worker:main"
"""
_COMMENT: Final = {"id": 5, "user": {"login": "ada"}, "html_url": "https://github.com/x", "body": COMMENT.decode()}
_RANGE: Final = {
    "startingLine": 1,
    "endingLine": 9,
    "commit": {"oid": "0" * 40, "committedDate": "2026-01-02T03:04:05Z"},
}
GITHUB_LIST: Final = json.dumps(
    [{**_COMMENT, "number": 7, "head": {"sha": "0" * 40}, "filename": "cart.py", "patch": PATCH.decode()}] * 2
).encode()
"""What the lists of comments, pull requests and files have, in one."""
GITHUB_OBJECT: Final = json.dumps(
    {"login": "ada", "data": {"repository": {"object": {"blame": {"ranges": [_RANGE, _RANGE]}}}}}
).encode()


def suite() -> SuiteEvidence:
    """Return the evidence of a suite with two tests, one of which is called a leak and confirmed."""
    readings = MappingProxyType({"blocks": (10, 12, 14), "native": (0, 64, 128)})
    runs = Repetitions(answer="leak", count=3, stopped="", seconds=0.4, failure="", readings=readings, caches=("re",))
    test = RepeatedTest(
        id="tests/test_cart.py::test_add",
        outcome=TestOutcome.PASSED,
        file="tests/test_cart.py",
        line=4,
        plain_s=0.1,
        first=runs,
        confirmed=runs,
        budget="blocks: 0/test",
    )
    other = RepeatedTest(id="tests/test_cart.py::test_x", outcome=TestOutcome.FAILED, text="no", plain_s=0.1)
    return SuiteEvidence(tests=(test, other), runner="9.0", broken=(("tests/test_y.py", "no module"),), time_s=2.0)


OPENAPI: Final = json.dumps(
    {
        "openapi": "3.1.0",
        "paths": {
            "/items/{item}": {
                "parameters": [{"in": "path", "name": "item", "required": True, "schema": {"type": "integer"}}],
                "get": {"responses": {"200": {}, "404": {}}},
                "post": {
                    "parameters": [{"in": "header", "name": "X-Tag", "example": "red"}, {"$ref": "#/parameters/day"}],
                    "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}},
                },
            }
        },
        "parameters": {"day": {"in": "query", "name": "day", "required": True, "schema": {"format": "date"}}},
        "components": {
            "schemas": {
                "Item": {
                    "type": "object",
                    "required": ["name", "parts"],
                    "properties": {
                        "name": {"type": "string", "minLength": 3, "maxLength": 9, "pattern": "^[a-z]+$"},
                        "parts": {"type": "array", "minItems": 2, "items": {"$ref": "#/components/schemas/Item"}},
                        "kind": {"enum": ["a", "b"]},
                        "price": {"type": "number", "minimum": 1, "multipleOf": 0.5},
                        "when": {"allOf": [{"type": "string", "format": "date-time"}], "example": "2026-01-01"},
                    },
                }
            }
        },
    }
).encode()
OPENAPI_YAML: Final = b"""\
openapi: 3.0.0
paths:
  /orders/{order}:
    post:
      parameters:
        - {in: path, name: order, required: true, schema: {type: string, format: uuid}}
        - {in: query, name: from, example: 2026-01-01}
      requestBody:
        content:
          application/json:
            schema: &order
              type: object
              required: [day, amount]
              properties:
                day: {type: string, example: 2026-01-01}
                amount: {type: number, default: 1.5}
                tags: {type: array, items: {type: string, enum: [new, old]}}
      responses: {200: {}, default: {}}
"""
EVENT: Final = json.dumps(
    {
        "pull_request": {"number": 7, "head": {"sha": "0" * 40, "repo": {"full_name": "ada/shop"}}},
        "workflow_run": {
            "id": 9,
            "run_attempt": 1,
            "head_sha": "0" * 40,
            "head_branch": "main",
            "head_repository": {"owner": {"login": "ada"}},
        },
    }
).encode()


def zip_of(results: bytes) -> bytes:
    """An artifact of a run: a zip file with its results and a report."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("report.html"), "<p>", zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo("results.json"), results, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def elf() -> bytes:
    """A small ELF file: a loader, one segment, and a table of one symbol, ``main``."""
    names, loader, header = b"\0main\0", b"/lib/ld.so\0", 64
    body = header + 2 * 56 + 2 * 64
    segments = struct.pack("<IIQQQQQQ", 3, 0, body, 0, 0, len(loader), 0, 0)
    segments += struct.pack("<IIQQQQQQ", 1, 0, 0, 0x400000, 0, 9, 9, 4096)
    names_at = body + len(loader)
    symbols = struct.pack("<IBBHQQ", 1, 18, 0, 1, 0x401000, 9)
    sections = struct.pack("<IIQQQQIIQQ", 0, 11, 0, 0, names_at + len(names), len(symbols), 1, 0, 8, 24)
    sections += struct.pack("<IIQQQQIIQQ", 0, 3, 0, 0, names_at, len(names), 0, 0, 1, 0)
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    start = struct.pack("<16sHHIQQQIHHHHHH", ident, 3, 62, 1, 0, header, header + 2 * 56, 0, header, 56, 2, 64, 2, 0)
    return start + segments + sections + loader + names + symbols


RUN: Final = {
    "GITHUB_REPOSITORY": "ada/shop",
    "GITHUB_API_URL": "https://api.github.com",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_RUN_ID": "9",
    "GITHUB_RUN_ATTEMPT": "1",
}
"""The environment of a workflow run."""
