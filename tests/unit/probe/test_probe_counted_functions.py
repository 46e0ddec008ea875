"""Counting the calls of one function: which function a name means, and what cannot be counted."""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from leakgate.probe import call_count
from leakgate.probe.call_count import IMPOSSIBLE, NOT_FOUND, CallCount, _code_of

COUNTS = sys.version_info >= (3, 12)


def wrapped(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*arguments: Any) -> Any:
        return function(*arguments)

    return wrapper


class Hides:
    """A decorated object, as of a task queue: the function is a few references away."""

    def __init__(self, function: Any) -> None:
        self.parts = [{"run": function}]


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    """A module of a program."""
    module = types.ModuleType("shop_of_call_count")
    source = (
        "def place(): pass\n"
        "class Orders:\n"
        "    def place(self): pass\n"
        "    @staticmethod\n"
        "    def check(): pass\n"
        "hidden = place\n"
    )
    exec(source, vars(module))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(call_count, "_counting", None)
    yield module
    monitoring: Any = getattr(sys, "monitoring", None)
    for tool in call_count._TOOLS if monitoring is not None else ():
        if monitoring.get_tool(tool) == "leakgate":
            monitoring.free_tool_id(tool)


@pytest.mark.skipif(not COUNTS, reason="sys.monitoring is new in 3.12")
def test_calls_are_counted_from_the_first_reading_on(shop: Any) -> None:
    count = CallCount("shop_of_call_count:place")
    shop.place()
    assert count.read() == 0
    shop.place()
    shop.place()
    assert [count.read(), count.read()] == [2, 2]
    count.forget()  # a forked child
    shop.place()
    assert count.read() == 1


@pytest.mark.skipif(COUNTS, reason="sys.monitoring is new in 3.12")
def test_an_older_python_cannot_count(shop: Any) -> None:
    count = CallCount("shop_of_call_count:place")
    assert [count.read(), count.read()] == [IMPOSSIBLE, IMPOSSIBLE]


@pytest.mark.skipif(not COUNTS, reason="sys.monitoring is new in 3.12")
def test_where_other_tools_took_all_places_nothing_can_be_counted(shop: Any) -> None:
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
    taken = [tool for tool in call_count._TOOLS if monitoring.get_tool(tool) is None]
    for tool in taken:
        monitoring.use_tool_id(tool, "theirs")
    try:
        assert CallCount("shop_of_call_count:place").read() == IMPOSSIBLE
    finally:
        for tool in taken:
            monitoring.free_tool_id(tool)


def test_a_function_that_does_not_exist_yet_is_looked_for_at_longer_and_longer_pauses(shop: Any) -> None:
    count = CallCount("shop_of_call_count:later")
    looks: list[int] = []
    for number in range(40):
        before = count._rests
        assert count.read() == NOT_FOUND
        if count._rests != before:
            looks.append(number)
    assert looks == [0, 2, 6, 14, 30]
    count.forget()
    assert count.read() == NOT_FOUND


def test_a_name_leads_into_classes_and_through_decorators(shop: Any) -> None:
    assert _code_of("shop_of_call_count", "Orders.place") is shop.Orders.place.__code__
    assert _code_of("shop_of_call_count", "Orders.check") is shop.Orders.check.__code__
    place = shop.place
    shop.place = wrapped(wrapped(place))
    assert _code_of("shop_of_call_count", "place") is place.__code__
    shop.place = Hides(place)
    place.__module__ = "shop_of_call_count"
    if COUNTS:
        assert _code_of("shop_of_call_count", "place") is place.__code__
    shop.one = shop.Orders()
    shop.one.run = place
    assert _code_of("shop_of_call_count", "one.run") is place.__code__


def test_a_name_that_leads_nowhere_has_no_code(shop: Any) -> None:
    for path in ("missing", "missing.deeper") + (("Orders.missing", "place.missing.deeper") if COUNTS else ()):
        assert _code_of("shop_of_call_count", path) is None
    assert _code_of("no_such_module", "place") is None
    shop.plain = object()
    assert _code_of("shop_of_call_count", "plain.deeper") is None


def test_the_search_inside_a_decorated_object_is_limited(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_count, "_MOST_OBJECTS", 2)
    shop.place = Hides([[[[shop.place]]]])
    assert _code_of("shop_of_call_count", "place") is None


def test_a_module_that_is_still_being_imported_has_no_functions_yet(shop: Any) -> None:
    shop.__spec__ = types.SimpleNamespace(_initializing=True)
    assert _code_of("shop_of_call_count", "place") is None


def test_the_script_itself_goes_by_the_name_of_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    main = types.ModuleType("__main__")
    main.__file__ = "/srv/shop/serve.py"
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert call_count._loaded("serve") is main
    assert call_count._loaded("other") is None
    main.__spec__ = types.SimpleNamespace(name="shop.__main__")
    assert call_count._loaded("shop") is main


def test_leakgate_says_what_to_count(shop: Any, tmp_path: Path) -> None:
    call_count.forget()
    assert call_count.counting(str(tmp_path)) is None
    (tmp_path / "work.txt").write_text("shop_of_call_count:place")
    counting = call_count.counting(str(tmp_path))
    assert counting is not None
    assert call_count.counting(str(tmp_path)) is counting
    call_count.forget()
