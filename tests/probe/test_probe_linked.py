"""Where a structure hangs that grows without a container that does."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.probe.probe_tools import probed

SCRIPT = Path(__file__).parent.parent / "scripts" / "target_linked.py"
HOLDERS, WINDOW_S = 4, 2.0

Rows = list[dict[str, Any]]


def explained(python: str, channel: Path, name: str, path: str, times: int = 1) -> Rows:
    """The answer that names the path, to the question that is asked for the last of some times."""
    rows: Rows = []
    with probed(python, SCRIPT, channel, name) as run:
        run.wait_for_its_work()
        for _ in range(times):
            rows = run.explain_until(lambda rows: path in holders(rows), HOLDERS, WINDOW_S)
        assert run.errors() == ""
    return rows


def holders(rows: Rows) -> dict[str, dict[str, Any]]:
    return {row["path"]: row for row in rows if row["kind"] == "holder"}


def test_a_ring_of_a_coroutine_is_named_and_the_program_goes_on(python: str, channel: Path) -> None:
    # Twice: futures that the program keeps to use again must not be touched, or it hangs (CPython 3.12).
    found = holders(explained(python, channel, "link", "link(): ring.newest", times=2))
    row = found["link(): ring.newest"]
    assert (row["root"], row["container_type"], row["entry_type"]) == ("coroutine link", "Slotted", "Slotted")
    assert len(row["lengths"]) == len(row["marks"]) == 3
    assert row["lengths"] == sorted(set(row["lengths"]))
    assert 32 <= row["entry_bytes"] <= 200


NAMED = {
    "push": ("__main__.STACK.top", "Node"),
    "insert": ("Tree.root", "Node"),
    "wrap": ("__main__.WRAPPED", "function"),
    "queue": ("queue(): waiting.first", "Node"),
    "in_list": ("__main__.KEPT", "list"),
}


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    """Programs that are explained at the same time: each spends most of it waiting."""
    folders = [tmp_path_factory.mktemp(name) / "channel" for name in NAMED]
    with ThreadPoolExecutor(len(NAMED)) as pool:
        rows = pool.map(lambda name, folder: explained(sys.executable, folder, name, NAMED[name][0]), NAMED, folders)
        return dict(zip(NAMED, rows, strict=True))


@pytest.mark.parametrize("name", NAMED)
def test_it_is_named_where_it_is_met_first(name: str, named: dict[str, Rows]) -> None:
    path, kind = NAMED[name]
    assert {row["path"]: row["container_type"] for row in holders(named[name]).values()} == {path: kind}
