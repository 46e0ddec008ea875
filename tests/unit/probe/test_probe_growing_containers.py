"""Programs whose containers grow, and the places that are named for them: every kind of container and of way to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.helpers.answer_rows import holders, notes
from tests.unit.probe.stepwise import HOLDERS, RESOURCES, explained

MANY = """
import array, collections, contextvars, functools, io, queue, threading, weakref

LIST, DICT, SET, DEQUE, ORDERED = [], {}, set(), collections.deque(maxlen=100_000), collections.OrderedDict()
NUMBERS, BYTES, FILE, TEXTS = array.array("d"), bytearray(), io.BytesIO(), io.StringIO()
CONTEXT = contextvars.ContextVar("seen")
CONTEXT.set([])
LOCAL = threading.local()
LOCAL.rows = []
QUEUE = queue.Queue(maxsize=50_000)
WEAK = weakref.WeakValueDictionary()
ALIVE = []

class Rows(list):
    pass

class Shop:
    orders = Rows()
    __slots__ = ("kept",)

    def __init__(self):
        self.kept = {}

class Item:
    def __init__(self, number):
        self.number = number
        self.name = "item %d" % number

SHOP = Shop()

@functools.lru_cache(maxsize=None)
def cached(number):
    return (number, [number])

def outer():
    inside = []

    def inner(number):
        inside.append(Item(number))

    return inner

INNER = outer()

def generator():
    waiting = []
    while True:
        waiting.append(bytes((yield)))

GENERATOR = generator()
next(GENERATOR)

def step(number):
    item = Item(number)
    LIST.append(item)
    DICT[number, "key"] = {"a": {"b": number}}
    SET.add("name %d" % number)
    DEQUE.append([number])
    ORDERED[item] = 1
    NUMBERS.append(number)
    BYTES.extend(bytes(100))
    FILE.write(bytes(100))
    TEXTS.write("line %d\\n" % number)
    CONTEXT.get().append(number + 0.5)
    LOCAL.rows.append(number)
    QUEUE.put([number])
    WEAK[number] = item
    SHOP.orders.append(number)
    SHOP.kept[number] = [number]
    cached(number)
    INNER(number)
    GENERATOR.send(number)
"""


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    return explained(tmp_path_factory.mktemp("many"), MANY, HOLDERS | RESOURCES)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("__main__.LIST", "list"),
        ("__main__.DICT", "dict"),
        ("__main__.SET", "set"),
        ("__main__.DEQUE", "collections.deque"),
        ("__main__.ORDERED", "collections.OrderedDict"),
        ("__main__.NUMBERS", "array.array"),
        ("__main__.BYTES", "bytearray"),
        ("__main__.FILE", "_io.BytesIO"),
        ("__main__.TEXTS", "_io.StringIO"),
        ("context.seen", "list"),
        ("Shop.orders", "Rows"),
        ("__main__.SHOP.kept", "dict"),
        ("__main__.LOCAL.rows", "list"),
        ("__main__.QUEUE.queue", "collections.deque"),
        ("__main__.cached", "functools.lru_cache"),
        ("outer.<locals>.inner: inside", "list"),
        ("generator(): waiting", "list"),
    ],
)
def test_containers_of_every_kind_are_named(path: str, kind: str, many: list[dict[str, Any]]) -> None:
    found = holders(many)
    assert path in found, sorted(found)
    row = found[path]
    assert row["container_type"] == kind
    assert row["lengths"] == sorted(set(row["lengths"]))


def test_the_list_inside_of_a_string_io_is_not_named_too(many: list[dict[str, Any]]) -> None:
    """Before Python 3.12, it collects its texts in a list, to which only C code refers."""
    assert [path for path, row in holders(many).items() if row["root"] == "C code"] == []


def test_limits_entries_and_weak_references_are_said(many: list[dict[str, Any]]) -> None:
    found = holders(many)
    assert found["__main__.DEQUE"]["bound"] == 100_000
    assert found["__main__.DICT"]["entry_type"] == "tuple: dict"
    assert found["__main__.LIST"]["entry_type"] == "Item"
    assert [row["weak"] for path, row in found.items() if path.startswith("__main__.WEAK")] == [True]
    assert {row["name"] for row in many if row["kind"] == "type"} >= {"Item", "float"}


def test_nothing_is_named_where_nothing_grows(tmp_path: Path) -> None:
    rows = explained(tmp_path, "KEPT = []\n\ndef step(number):\n    KEPT[:] = [number] * (number % 7)\n")
    assert (holders(rows), notes(rows)) == ({}, [])
    assert rows[-2]["kind"] == "looked"


COPIES = """
import array, mmap

ROWS, STATE, TEXT = [0] * 30, {}, "x" * 5_000
NUMBERS = array.array("d", range(2_000))
BATCH = []

def step(number):
    global ROWS, STATE, TEXT, NUMBERS, BATCH
    ROWS = ROWS + [bytes(100)]
    STATE = {**STATE, number: [number]}
    TEXT += "line %d\\n" % number
    NUMBERS = NUMBERS + NUMBERS[:20]
    BATCH = [object() for _ in range(20 + number)]
"""


def test_containers_texts_and_arrays_that_are_replaced_by_longer_copies(tmp_path: Path) -> None:
    found = holders(explained(tmp_path, COPIES))
    kinds = {path: row["container_type"] for path, row in found.items()}
    assert kinds == {
        "__main__.ROWS": "list",
        "__main__.STATE": "dict",
        "__main__.TEXT": "str",
        "__main__.NUMBERS": "array.array",
    }


HURRIED = """
ROWS = [0] * 30
looks = 0

def begin(probe):
    compare = probe.copies.CopySearch._compare

    def counted(*arguments):
        global looks
        compare(*arguments)
        looks += 1

    probe.copies.CopySearch._compare = counted

def step(number):
    global ROWS
    ROWS = ROWS + [bytes(100)]
    if looks == ENDS_AFTER:
        import stepwise
        stepwise.hurry()
"""


@pytest.mark.parametrize(("looks", "named"), [(2, {}), (3, {"__main__.ROWS": 3})])
def test_a_search_for_copies_ends_with_the_program(looks: int, named: dict[str, int], tmp_path: Path) -> None:
    """Two looks before the end say nothing, and three do."""
    rows = explained(tmp_path, HURRIED.replace("ENDS_AFTER", str(looks)))
    assert {path: len(row["lengths"]) for path, row in holders(rows).items()} == named
    assert rows[-1]["kind"] == "end"


MANY_OLD = """
OLD = [str(at) * 30_000 for at in range(100, 400)]
TEXT = "x" * 5_000
BOTH = [TEXT]

def step(number):
    global TEXT
    TEXT += "line %d\\n" % number
    BOTH[0] = TEXT
"""


def test_a_text_is_found_among_many_longer_ones_that_stay(tmp_path: Path) -> None:
    (row,) = holders(explained(tmp_path, MANY_OLD)).values()
    assert row["path"] == "__main__.TEXT"
    assert row["lengths"][0] < 10_000, "the text counts once, though two objects refer to it"


@pytest.mark.parametrize("at", [0, 3, 60, 120, 150])
def test_an_explanation_that_is_closed_writes_what_is_known(at: int, tmp_path: Path) -> None:
    program = f"""
KEPT = []

def step(number):
    KEPT.append([number])
    if number == {at}:
        import stepwise
        stepwise.close()
"""
    rows = explained(tmp_path, program, HOLDERS | RESOURCES)
    assert "the program ended while it was being explained" in notes(rows)
    assert rows[-1]["kind"] == "end"


FROZEN = """
import gc

class Shop:
    def __init__(self):
        self.orders = []

SHOP = Shop()
gc.collect()
gc.freeze()

def step(number):
    SHOP.orders.append((number, [number]))
"""


def test_containers_that_the_collector_does_not_list_are_found(tmp_path: Path) -> None:
    assert "__main__.SHOP.orders" in holders(explained(tmp_path, FROZEN))
    (tmp_path / "few").mkdir()
    few = FROZEN + "\ndef begin(probe):\n    probe.frozen._MOST = 100\n"
    rows = explained(tmp_path / "few", few)
    assert any("gc.freeze" in note for note in notes(rows))
