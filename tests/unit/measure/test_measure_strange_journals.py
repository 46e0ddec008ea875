"""Lines of a test journal that do not follow the protocol: they are counted, and nothing is raised."""

import json
from pathlib import Path

import pytest

from leakgate.measure.journals import JournalReader, read_journals
from tests.helpers.journal_lines import TEST_LINE


def read(folder: Path, *lines: str) -> JournalReader:
    (folder / "tests-7.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    known: dict[str, JournalReader] = {}
    read_journals(folder, known)
    return known["tests-7.jsonl"]


def test_a_test_is_read(tmp_path: Path) -> None:
    journal = read(tmp_path, json.dumps(TEST_LINE))
    assert (len(journal.tests), journal.strange) == (1, 0)


@pytest.mark.parametrize(
    "line",
    [
        "5",
        "null",
        "[]",
        '"text"',
        "[" * 100_000,
        json.dumps({**TEST_LINE, "readings": 5}),
        json.dumps({**TEST_LINE, "readings": {"blocks": []}}),
        json.dumps({**TEST_LINE, "readings": {"blocks": [0, 0, 10**300], "native": [0, 0, 2]}}),
        json.dumps(
            {**TEST_LINE, "readings": {**TEST_LINE["readings"], "rested-calls": [0], "rested-blocks": [0, 1, 1]}}
        ),
        json.dumps({**TEST_LINE, "line": [4]}),
        json.dumps({**TEST_LINE, "caches": 5}),
        json.dumps({**TEST_LINE, "seconds": 10**400}),
        json.dumps({**TEST_LINE, "moments": {}}),
        json.dumps({"kind": []}),
        json.dumps({"kind": "collected"}),
    ],
)
def test_a_strange_line_is_counted(tmp_path: Path, line: str) -> None:
    journal = read(tmp_path, line, json.dumps(TEST_LINE))
    assert len(journal.tests) >= 1
    assert journal.strange <= 1
