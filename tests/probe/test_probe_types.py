"""The table of types that grow: sizes, what the collector does not know of, one row for each class. In this process."""

import gc
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

import pytest

from leakgate.probe import findings, retained


class Kept:
    """An object with memory that the collector does not know of."""

    def __init__(self, number: int) -> None:
        self.text = "x" * (1_000 + number)


def test_entries_of_many_sizes_have_their_mean_size() -> None:
    kept = ["x" * (10 if at % 2 else 1_000) for at in range(400)]
    each, size = retained.untracked(kept, set())["str"]
    assert each == 1.0
    assert size == pytest.approx((10 + 1_000) / 2 + 49, abs=2)


def test_what_two_containers_share_is_counted_once() -> None:
    texts = [f"text {at}" for at in range(100)]
    by_text = dict.fromkeys(texts, 1.5)
    known: set[int] = set()
    assert set(retained.untracked(texts, known)) == {"str"}
    assert "str" not in retained.untracked(by_text, known)


def test_instances_bring_what_they_refer_to() -> None:
    few: list[object] = [Kept(at) for at in range(8)]
    each, size = retained.brought(few, set())["str"]
    assert each == 1.0
    assert 1_000 < size < 1_100


def test_an_entry_keeps_all_instances_of_a_class_that_it_alone_leads_to() -> None:
    shared = {"agent": "browser"}
    kept: list[object] = [{"path": f"/{at}", "query": {"n": f"q{at}"}, "shared": shared} for at in range(20)]
    assert retained.instances_each(kept, id(dict)) == 2.0
    assert retained.instances_each(kept, id(set)) == 0.0
    assert retained.instances_each([], id(dict)) == 0.0


def test_what_instances_share_is_not_brought_by_each() -> None:
    shared = "y" * 5_000
    few: list[object] = [{"name": shared, "at": [at]} for at in range(8)]
    assert retained.brought(few, set()) == {}


class Rows:
    """Takes the rows of an answer."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def add(self, kind: str, **values: Any) -> None:
        self.rows.append({"kind": kind, **values})


class Counted:
    """What two counts of all objects found."""

    def __init__(self) -> None:
        self.type_counts = [{1: 100, 2: 10, 3: 5}, {1: 300, 2: 18, 3: 1_005}]
        self.type_names = {1: ("dict", 64), 2: ("memoryview", 160), 3: ("list", 56)}
        self.of_python = {1, 2, 3}
        self.newest_sizes = {3: 900}


def test_each_class_has_one_row_with_the_size_of_its_new_instances() -> None:
    assert gc.isenabled()
    answer: Any = Rows()
    counted: Any = Counted()
    untracked = {"dict": (100.0, 16_800.0), "str": (10.0, 500.0)}
    brought = {"str": (1_000.0, 60_000.0), "dict": (10.0, 640.0)}
    findings.write_types(answer, [1.0, 3.0], counted, untracked, brought)
    found = {row["name"]: (row["counts"][1] - row["counts"][0], row["bytes"], row["estimated"]) for row in answer.rows}
    assert found == {
        "list": (1_000, 900, False),
        "str": (1_000, 60, True),
        "dict": (300, (200 * 64 + 16_800) // 300, True),
    }, "eight views may be those of the look itself"


class Link:
    """An entry that refers to the next one."""

    def __init__(self, before: "Link | None") -> None:
        self.before = before
        self.born = 0.5 + id(self)


@pytest.mark.parametrize("make", [list, deque, lambda links: dict(enumerate(links)), OrderedDict, set])
def test_an_entry_does_not_keep_the_other_entries_to_which_it_refers(make: Callable[[Any], Any]) -> None:
    links: list[Any] = [Link(None)]
    for _ in range(1_000):
        links.append(Link(links[-1]))
    container = make(enumerate(links)) if make is OrderedDict else make(links)
    alone = retained.entry_bytes(make([(at, Link(None)) for at in range(100)] if make is OrderedDict else [Link(None)]))
    assert retained.entry_bytes(container) < 2 * alone
    assert retained.untracked(container, set())["float"][0] == 1.0


def test_an_entry_keeps_what_the_closure_of_its_function_refers_to() -> None:
    """A callback that is never removed keeps the variables of the function in which it was made."""

    def made(number: int) -> Callable[[], list[int]]:
        values = [number] * 1_000
        return lambda: values

    assert 8_000 < retained.entry_bytes([(True, made(number)) for number in range(50)]) < 9_000
    assert retained.entry_bytes([made] * 50) < 100  # many others share a function without a closure, and its module


def test_references_to_dead_objects_are_entries_and_no_weak_container() -> None:
    living = [Link(None) for _ in range(8)]
    dead = [weakref.ref(Link(None)) for _ in range(8)]
    assert retained.is_weak([weakref.ref(one) for one in living])
    assert not retained.is_weak(dead)
    assert not retained.is_weak({})


@pytest.mark.parametrize(
    ("lengths", "rose"), [([1, 3, 3, 3], False), ([1, 1, 2, 2], True), ([1, 3, 3, 4], True), ([1, 3, 2, 4], False)]
)
def test_a_container_that_grew_only_before_it_was_held_may_be_another_one(lengths: list[int], *, rose: bool) -> None:
    """Between the two counts, the program may drop a dict, and a longer one may take its address."""
    one: Any = Rows()
    one.lengths = lengths
    path: Any = None
    assert findings.FoundHolder(path, one).rose is rose
