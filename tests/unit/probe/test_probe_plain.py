"""Objects of a program are read without running its code, also if they are hostile or incomplete."""

from __future__ import annotations

import _pickle
import ctypes
import gc
import io
import mmap
import queue
import sys
import threading
import types
from array import array
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

import pytest

from leakgate.probe import object_sizes, plain


class Refuses:
    """Fails as soon as any of its code runs."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(name)

    def __len__(self) -> int:
        raise AssertionError

    def __eq__(self, other: object) -> bool:
        raise AssertionError

    __hash__ = None  # type: ignore[assignment]

    def __sizeof__(self) -> int:
        raise AssertionError


class Slotted:
    __slots__ = ("first", "second")
    first: int
    second: int


def outer_function() -> Callable[[], None]:
    def inner() -> None:
        pass

    return inner


def test_no_code_of_an_object_runs() -> None:
    one = Refuses()
    assert plain.namespace(one) == {}
    assert plain.slots(one) == []
    assert object_sizes.size(one) > 0
    assert plain.newest(one, 3) == []
    assert (plain.limit(one), plain.unit(one)) == (0, 0)
    assert not plain.owns_namespace(one, {})


def test_a_class_that_is_being_created_has_no_bases_yet() -> None:
    seen: list[tuple[type, ...]] = []

    class Meta(type):
        def mro(cls) -> list[type]:
            seen.append(plain.mro(cls))
            return super().mro()

    Meta("Made", (), {})
    assert seen == [()]


def test_names_of_classes() -> None:
    made = type("Made", (), {"__module__": "shop.orders"})
    assert plain.type_name(made) == "shop.orders.Made"
    assert plain.type_name(dict) == "dict"
    made.__module__ = 5  # type: ignore[assignment]
    assert (plain.type_name(made), plain.module_of(made)) == ("Made", "")
    (attributes,) = gc.get_referents(made.__dict__)
    del attributes["__module__"]  # as classes have it that C creates without a module
    assert (plain.type_name(made), plain.module_of(made)) == ("?", "")
    assert plain.is_built_in(dict)
    assert len(plain.type_name(type("X" * 500, (), {}))) == plain._LONGEST_NAME


def test_names_and_code_of_functions() -> None:
    inner = outer_function()
    name = f"{__name__}.outer_function.<locals>.inner"
    assert plain.function_name(inner) == name
    assert plain.function_name(types.MethodType(inner, 5)) == name
    assert (plain.function_name(len), plain.function_code(len)) == ("", None)
    assert plain.function_code(types.MethodType(inner, 5)) is inner.__code__
    inner.__module__ = "__main__"
    assert plain.function_name(inner) == "outer_function.<locals>.inner"


def test_attributes_that_a_class_hides_are_not_read() -> None:
    class Property:
        @property
        def __dict__(self) -> Any:  # type: ignore[override]
            raise AssertionError

    assert plain.namespace(Property()) is None
    assert plain.namespace(5) is None
    assert plain.namespace(threading.local()) is None


def test_a_namespace_that_is_no_dictionary_is_none() -> None:
    """Classes written in C may give anything, or fail."""

    class Base:
        pass

    descriptor = Base.__dict__["__dict__"]
    foreign = type("Foreign", (), {"__slots__": (), "__dict__": descriptor})
    assert plain.namespace(foreign()) is None


def test_slots_that_are_not_set_are_left_out() -> None:
    one = Slotted()
    one.second = 5
    assert plain.slots(one) == [("second", 5)]


def test_only_identifiers_may_be_shown() -> None:
    assert plain.is_name("customer")
    assert [plain.is_name(key) for key in ("a b", 5, "x" * 300, "")] == [False] * 4


@pytest.mark.parametrize(
    ("container", "newest"),
    [
        ({1: 2, 3: 4}, [(3, 4)]),
        ([1, 2], [(2,)]),
        (deque([1, 2]), [(2,)]),
        ((1, 2), [(2,)]),
        ({7}, [(7,)]),
        (frozenset({7}), [(7,)]),
        (5, []),
    ],
)
def test_the_newest_entry(container: object, newest: list[tuple[object, ...]]) -> None:
    assert plain.newest(container, 1) == newest


def test_a_container_that_changes_meanwhile_has_no_newest_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    def changes(*_: object) -> None:
        raise RuntimeError("dictionary changed size during iteration")

    monkeypatch.setattr(plain, "islice", changes)
    assert plain.newest({1: 2}, 1) == []


def test_lengths_are_those_of_the_base_and_ignore_overrides() -> None:
    for base in (dict, list, set, deque, bytearray):
        kind = type("Own", (base,), {"__len__": Refuses.__len__})
        measure = plain.measure_of(kind)
        assert measure is not None
        assert measure(kind()) == 0
    assert plain.measure_of(int) is None


def test_buffers_are_measured_by_what_was_written() -> None:
    measures = plain.lengths()
    for kind, text in ((io.BytesIO, b"abc"), (io.StringIO, "abc")):
        buffer: Any = kind()
        buffer.write(text)
        measure = measures[id(kind)]
        assert (measure(buffer), plain.unit(buffer)) == (3, 1)
        buffer.close()
        assert measure(buffer) == 0
    numbers = array("d", [1.0, 2.0])
    assert (measures[id(array)](numbers), plain.unit(numbers)) == (2, 8)
    assert (id(queue.SimpleQueue) in measures) == (sys.version_info >= (3, 13))


def test_a_module_of_the_program_that_is_named_array_is_not_taken_for_the_standard_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "array", types.ModuleType("array"))
    assert id(array) not in plain.lengths()
    assert plain.unit(array("d")) == 0


def test_the_bound_of_a_deque() -> None:
    assert (plain.limit(deque(maxlen=9)), plain.limit(deque()), plain.limit([])) == (9, 0, 0)


def test_sizes_of_objects_of_c() -> None:
    class Point(ctypes.Structure):
        _fields_ = (("values", ctypes.c_char * 4_000),)

    assert object_sizes.size(Point()) >= 4_000
    with mmap.mmap(-1, 8_192) as mapped:
        assert object_sizes.size(mapped) >= 8_192
    assert 0 < object_sizes.size(mapped) < 1_000  # it is closed
    buffer = io.BytesIO()
    buffer.write(bytes(5_000))
    assert object_sizes.size(buffer) > 5_000
    assert object_sizes.size(array("d", [0.0] * 500)) > 4_000
    assert object_sizes.bare_size("text") == object_sizes.size("text") - object_sizes._HEADER


def test_bases_and_modules() -> None:
    assert plain.base_of(object) is None
    assert plain.base_of(OrderedDict) is dict
    assert plain.module_dict(sys) is vars(sys)
    assert plain.module_dict(5) is None
    assert plain.referents(sys) == [vars(sys)]
    assert plain.owns_namespace(sys, vars(sys))


def test_containers_are_what_supports_subscripts() -> None:
    assert plain.has_entries(dict)
    assert plain.has_entries(set)
    assert not plain.has_entries(Slotted)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the collector sees the memory of a pickler from 3.11 on")
def test_a_pickler_keeps_what_it_has_pickled() -> None:
    class Derived(_pickle.Pickler):
        pass

    for pickler in (_pickle.Pickler(io.BytesIO()), Derived(io.BytesIO())):
        measure = plain.lengths().get(id(type(pickler))) or plain.measure_of(type(pickler))
        assert measure is not None
        before = measure(pickler)
        pickler.dump([f"text {number}" for number in range(100)])
        assert measure(pickler) >= before + 100
        assert len(plain.newest(pickler, 3)) == 3
