"""Where a container hangs that the program replaces by a longer copy each time."""

import sys
from pathlib import Path

import pytest

from tests.probe.holder_answers import HOLDERS, WINDOW_S, Rows, explained, explained_together, holders
from tests.probe.probe_tools import probed

SCRIPT = Path(__file__).parent.parent / "scripts" / "target_copied.py"

NAMED = {
    "rows": ("__main__.ROWS", "list", "bytes"),
    "state": ("__main__.STATE", "dict", "bytes"),
    "names": ("__main__.NAMES", "frozenset", "str"),
    "history": ("__main__.STORE.history", "tuple", "bytes"),
    "local": ("local(): kept", "tuple", "bytes"),
}


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    return explained_together(SCRIPT, {name: path for name, (path, _, _) in NAMED.items()}, tmp_path_factory)


@pytest.mark.parametrize("name", NAMED)
def test_the_place_of_the_copies_is_named(name: str, named: dict[str, Rows]) -> None:
    path, kind, entry = NAMED[name]
    found = holders(named[name])
    assert [(row["path"], row["container_type"], row["entry_type"]) for row in found.values()] == [(path, kind, entry)]
    row = found[path]
    assert len(row["lengths"]) == len(row["marks"])
    assert row["lengths"] == sorted(set(row["lengths"]))
    assert row["entry_bytes"] >= 16


def test_copies_are_found_under_each_interpreter(python: str, channel: Path) -> None:
    assert "__main__.STATE" in holders(explained(python, SCRIPT, channel, "state", "__main__.STATE"))


def test_a_new_list_with_other_entries_is_no_copy(channel: Path) -> None:
    with probed(sys.executable, SCRIPT, channel, "batches") as run:
        run.wait_for_its_work()
        rows = run.explain(HOLDERS, WINDOW_S)
        assert run.errors() == ""
    assert holders(rows) == {}
