"""The path to a container, a text or an array that the program replaces by a longer copy each time."""

import sys
from array import array
from pathlib import Path as FilePath

import pytest

from leakgate.probe import copies, paths
from leakgate.probe.answer import Answer
from leakgate.probe.naming import Path, Root
from tests.helpers.answer_rows import Rows, holders
from tests.probe.holder_answers import WINDOW_S, explained, explained_together
from tests.probe.probe_tools import HOLDERS, probed

SCRIPT = FilePath(__file__).parent.parent / "scripts" / "target_copied.py"

NAMED = {
    "rows": ("__main__.ROWS", "list", "bytes"),
    "state": ("__main__.STATE", "dict", "bytes"),
    "names": ("__main__.NAMES", "frozenset", "str"),
    "history": ("__main__.STORE.history", "tuple", "bytes"),
    "local": ("local(): kept", "tuple", "bytes"),
    "text": ("__main__.STORE.text", "str", ""),
    "body": ("__main__.BODY", "bytes", ""),
    "numbers": ("__main__.NUMBERS", "array.array", ""),
    "table": ("__main__.TABLE", "pandas.Table", ""),
    "inserted": ("__main__.TABLE", "pandas.Table", ""),
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
    assert row["entry_bytes"] >= 16 if entry else 1


def test_copies_are_found_under_each_interpreter(python: str, channel: FilePath) -> None:
    assert "__main__.STATE" in holders(explained(python, SCRIPT, channel, "state", "__main__.STATE"))


@pytest.mark.parametrize("name", ["batches", "pages"])
def test_a_new_list_or_text_with_other_contents_is_no_copy(name: str, channel: FilePath) -> None:
    with probed(sys.executable, SCRIPT, channel, name) as run:
        run.wait_for_its_work()
        rows = run.explain(HOLDERS, WINDOW_S)
        assert run.errors() == ""
    assert holders(rows) == {}


def taken(*things: object) -> bool:
    """Whether each object is a longer copy of the previous one."""
    data = copies.CopiedData(Path("module shop", "shop.BODY", [], ""))
    return all(data.take([copies.Data(thing, len(thing))]) for thing in things)  # type: ignore[arg-type]


def test_a_longer_text_must_go_on_from_the_one_before() -> None:
    text = "".join(str(at) for at in range(3_000))
    assert taken(text, text + "x" * 90, text + "x" * 200)
    assert taken(text.encode(), text.encode() + b"x")
    assert not taken(text, "y" + text)
    assert not taken(text, text + "x", text)
    assert not taken(text, text.encode() * 2)


def test_an_array_must_grow_by_even_steps() -> None:
    numbers = array("d", range(1_000))
    assert taken(numbers, numbers + numbers[:100], numbers + numbers[:200])
    assert not taken(numbers, numbers + numbers[:100], numbers + numbers[:900])
    assert not taken(numbers, numbers * 3)
    assert not taken(numbers, numbers)


def test_a_table_may_get_longer_in_its_place() -> None:
    table = object()
    data = copies.CopiedData(Path("module shop", "shop.TABLE", [], ""))
    assert all(data.take([copies.Data(table, size, is_table=True)]) for size in (100, 120, 140))
    assert not data.take([copies.Data(table, 140, is_table=True)])


def test_the_search_runs_no_code_of_the_program_to_find_arrays() -> None:
    compared: list[object] = []

    class Compared(type):
        __hash__ = type.__hash__

        def __eq__(cls, other: object) -> bool:
            compared.append(other)
            return cls is other

    class Thing(metaclass=Compared):
        pass

    search = copies.CopySearch(Answer("unused", 1))
    search.marks.append(0.0)
    walk = paths.Walk()
    walk.things.append(Thing())
    assert search._data_by_path(walk) == {}
    assert compared == []


def test_a_text_that_an_object_and_variables_refer_to_is_recorded_once() -> None:
    text, other = "x" * paths.LONG_TEXT, "y" * paths.LONG_TEXT
    walk = paths.Walk()
    walk._enter([text], -1, Root("module shop", "shop"))
    walk._enter(text, 0)
    for value in (text, other, other):
        walk._enter(value, -1, Root("frame main", "main()", [("log", value)]))
    assert walk.texts == [(0, text), (-1, other)]
    named = [walk.name(walk.chain_to_text(parent, thing)) for parent, thing in walk.texts]
    assert [path and path.text for path in named] == ["shop[...]", "main(): log"]
