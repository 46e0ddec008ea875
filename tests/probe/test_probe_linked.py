"""The path to a structure that grows without a growing container."""

from pathlib import Path

import pytest

from tests.helpers.answer_rows import Rows, holders
from tests.probe.holder_answers import explained, explained_together

SCRIPT = Path(__file__).parent.parent / "scripts" / "target_linked.py"


def test_a_ring_of_a_coroutine_is_named_and_the_program_goes_on(python: str, channel: Path) -> None:
    # Twice: futures that the program keeps to use again must not be touched, or it hangs (CPython 3.12).
    found = holders(explained(python, SCRIPT, channel, "link", "link(): ring.newest", times=2))
    row = found["link(): ring.newest"]
    assert (row["root"], row["container_type"], row["entry_type"]) == ("coroutine link", "Slotted", "Slotted")
    assert len(row["lengths"]) == len(row["marks"]) == 3
    assert row["lengths"] == sorted(set(row["lengths"]))
    assert 32 <= row["entry_bytes"] <= 200


NAMED = {
    "push": ("__main__.STACK.top", "Node"),
    "insert": ("Tree.root", "Node"),
    "turn": ("Circle.newest", "Slotted"),
    "wrap": ("__main__.WRAPPED", "function"),
    "queue": ("queue(): waiting.first", "Node"),
    "in_list": ("__main__.KEPT", "list"),
}


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    return explained_together(SCRIPT, {name: path for name, (path, _) in NAMED.items()}, tmp_path_factory)


@pytest.mark.parametrize("name", NAMED)
def test_it_is_named_where_it_is_met_first(name: str, named: dict[str, Rows]) -> None:
    path, kind = NAMED[name]
    assert {row["path"]: row["container_type"] for row in holders(named[name]).values()} == {path: kind}
