"""Containers that the walk from the roots does not reach, and looks that do not see everything."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.answer_rows import holders, notes
from tests.unit.probe.stepwise import explained

HIDDEN = """
import os

class Part:
    def __init__(self):
        self.rows = []

BIG = [Part() for _ in range(1_500)]
BIG[700].inner = type("Inner", (), {"rows": []})

class Hook:
    def __init__(self):
        self.seen = []

    def called(self):
        pass

HOOK = Hook()
os.register_at_fork(before=HOOK.called)
SEEN = HOOK.seen.append
del HOOK

def step(number):
    BIG[750].rows.append([number])
    BIG[700].inner.rows.append([number])
    SEEN([number])
"""


def test_containers_in_the_middle_of_a_long_list_are_found_from_below(tmp_path: Path) -> None:
    found = holders(explained(tmp_path, HIDDEN))
    assert {"__main__.BIG[...].rows", "Inner.rows"} <= set(found)


def test_it_says_how_many_paths_were_not_found_in_time(tmp_path: Path) -> None:
    rows = explained(tmp_path, HIDDEN + "\ndef begin(probe):\n    probe.referrers._MOST_PASSES = 0\n")
    assert any(note.endswith("growing containers was not found in time") for note in notes(rows))
    assert all(row["kind"] != "looked" for row in rows)


def test_containers_of_the_probe_itself_are_no_holders(tmp_path: Path) -> None:
    program = "import stepwise\n\ndef step(number):\n    stepwise.turns.answer.note('x')\n"
    assert (
        holders(
            explained(tmp_path, "import sys\nsys.path.append(" + repr(str(Path(__file__).parent)) + ")\n" + program)
        )
        == {}
    )


LEAK = "KEPT = {}\nTHINGS = [{at: at} for at in range(200)]\n\ndef step(number):\n    KEPT[number] = [number]\n"


@pytest.mark.parametrize(
    ("limit", "note", "found"),
    [
        ("census._MOST_CPU_S = -1.0", " live objects: ", True),
        ("census._MOST_LENGTHS = 60", "", False),
        ("collect._RECENT_S = 1e9", "", True),
        ("paths._MOST_CHILDREN = 1", "", True),
    ],
)
def test_looks_with_other_limits(limit: str, note: str, found: bool, tmp_path: Path) -> None:
    rows = explained(tmp_path, f"{LEAK}\ndef begin(probe):\n    probe.{limit}\n")
    assert any(note in one for one in notes(rows)) or not note
    assert ("__main__.KEPT" in holders(rows)) is found
    assert rows[-1]["kind"] == "end"
