"""Where a container hangs that the program replaces by a longer copy each time."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.probe.probe_tools import probed

SCRIPT = Path(__file__).parent.parent / "scripts" / "target_copied.py"
HOLDERS, WINDOW_S = 4, 2.0

Rows = list[dict[str, Any]]

NAMED = {
    "rows": ("__main__.ROWS", "list", "bytes"),
    "state": ("__main__.STATE", "dict", "bytes"),
    "names": ("__main__.NAMES", "frozenset", "str"),
    "history": ("__main__.STORE.history", "tuple", "bytes"),
    "local": ("local(): kept", "tuple", "bytes"),
}


def explained(python: str, channel: Path, name: str, path: str) -> Rows:
    with probed(python, SCRIPT, channel, name) as run:
        run.wait_for_its_work()
        rows = run.explain_until(lambda rows: path in holders(rows), HOLDERS, WINDOW_S)
        assert run.errors() == ""
    return rows


def holders(rows: Rows) -> dict[str, dict[str, Any]]:
    return {row["path"]: row for row in rows if row["kind"] == "holder"}


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    """Programs that are explained at the same time: each spends most of it waiting."""
    folders = [tmp_path_factory.mktemp(name) / "channel" for name in NAMED]
    with ThreadPoolExecutor(len(NAMED)) as pool:
        rows = pool.map(lambda name, folder: explained(sys.executable, folder, name, NAMED[name][0]), NAMED, folders)
        return dict(zip(NAMED, rows, strict=True))


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
    assert "__main__.STATE" in holders(explained(python, channel, "state", "__main__.STATE"))


def test_a_new_list_with_other_entries_is_no_copy(channel: Path) -> None:
    with probed(sys.executable, SCRIPT, channel, "batches") as run:
        run.wait_for_its_work()
        rows = run.explain(HOLDERS, WINDOW_S)
        assert run.errors() == ""
    assert holders(rows) == {}
