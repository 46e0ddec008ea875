"""The reports of runners about their tests, and how leakgate reads them."""

import json
from pathlib import Path

from leakgate.measure.journals import JournalReader, read_journals


def line(**fields: object) -> str:
    entry = {
        "kind": "test",
        "id": "test_a.py::test_one",
        "answer": "leak",
        "repetitions": 2,
        "stopped": "decided",
        "seconds": 1.0,
        "failure": "",
        "caches": [],
        "readings": {"blocks": [10, 1, 1], "native": [0, 0, 1]},
        "plain_s": 0.1,
        "line": ["test_a.py", 3],
        "confirming": True,
    }
    return json.dumps({**entry, **fields}) + "\n"


def read(folder: Path, *lines: str) -> JournalReader:
    (folder / "tests-7.jsonl").write_text("".join(lines), encoding="utf-8")
    journals: dict[str, JournalReader] = {}
    read_journals(folder, journals)
    (journal,) = journals.values()
    return journal


def test_an_answer_that_comes_again_with_its_explanation_counts_once(tmp_path: Path) -> None:
    journal = read(tmp_path, line(), line(explanation="explain-7-1.jsonl"), line(id="test_a.py::test_two"))
    assert [(one.test.id, one.explanation) for one in journal.tests] == [
        ("test_a.py::test_one", "explain-7-1.jsonl"),
        ("test_a.py::test_two", ""),
    ]


def test_the_answer_stays_where_its_explanation_never_came(tmp_path: Path) -> None:
    (one,) = read(tmp_path, line()).tests
    assert one.test.confirmed is not None
    assert one.test.confirmed.answer == "leak"


def test_lines_that_are_no_answers_are_counted_as_strange(tmp_path: Path) -> None:
    journal = read(tmp_path, "no json\n", line(repetitions=3), line(seconds=float("nan")), line())
    assert journal.strange == 3
    assert len(journal.tests) == 1
