"""Lines of the load that do not follow the protocol: they are left out, and nothing is raised."""

import json
from pathlib import Path

import pytest

from leakgate.measure.work_feed import WorkFeed
from leakgate.model.work_record import RouteCount

ROUTES = {"event": "routes", "names": ["GET /"]}
TURN = {"event": "turn", "from_s": 5.0, "to_s": 6.0, "counts": [[0, 3, 1]], "sent_bytes": 9, "received_bytes": 8}


def fed(folder: Path, *lines: str) -> WorkFeed:
    path = folder / "result.jsonl"
    path.write_text("".join(f"{line}\n" for line in (json.dumps(ROUTES), *lines)), encoding="utf-8")
    feed = WorkFeed(path, started_s=1.0)
    feed.poll()
    return feed


def test_a_turn_is_read(tmp_path: Path) -> None:
    record = fed(tmp_path, json.dumps(TURN)).record()
    assert record is not None
    (turn,) = record.turns
    assert (turn.from_s, turn.to_s, turn.counts, turn.sent_bytes) == (4.0, 5.0, (RouteCount(0, 3, 1),), 9)


@pytest.mark.parametrize(
    "line",
    [
        "5",
        "[]",
        "null",
        "[" * 100_000,
        json.dumps({**TURN, "from_s": "1"}),
        json.dumps({**TURN, "to_s": 10**400}),
        json.dumps({**TURN, "counts": [[1, 3, 1]]}),
        json.dumps({**TURN, "counts": [[0, -3, 1]]}),
        json.dumps({**TURN, "counts": 5}),
        json.dumps({**TURN, "sent_bytes": "9"}),
        json.dumps({"event": "failure", "route": 7, "what": "status 500", "answer": ""}),
        json.dumps({"event": "failure", "route": 0, "what": None, "answer": ""}),
        json.dumps({"event": "ended", "cpu_s": []}),
        json.dumps({"event": "refused", "why": 5, "hint": ""}),
    ],
)
def test_a_strange_line_is_left_out(tmp_path: Path, line: str) -> None:
    feed = fed(tmp_path, line, json.dumps(TURN))
    record = feed.record()
    assert record is not None
    assert (len(record.turns), record.unexpected, feed.refusal, feed.ended) == (1, (), None, False)
