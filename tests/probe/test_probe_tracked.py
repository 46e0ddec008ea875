"""The search for living objects leaves no reference behind, not even one that only the collector would find."""

import gc
import weakref
from _operator import is_, is_not
from collections.abc import Callable

import pytest

from leakgate.probe import tracked


class Kept:
    """An object that weak references may refer to."""


@pytest.mark.parametrize("generations", [(1, 0), (2, 1, 0)])
@pytest.mark.parametrize(("test", "kind"), [(is_, dict), (is_not, tuple)])
def test_young_objects_are_freed_without_the_collector(
    generations: tuple[int, ...], test: Callable[[object, object], bool], kind: type
) -> None:
    gc.collect()
    gc.disable()
    try:
        young = Kept()
        young.itself = [young]  # type: ignore[attr-defined]
        gone = weakref.ref(young)
        tracked.select(gc.get_objects, generations, test, kind).clear()
        del young.itself  # type: ignore[attr-defined]
        del young
        assert gone() is None
    finally:
        gc.enable()


def test_objects_are_chosen_by_their_type() -> None:
    wanted: dict[str, list[int]] = {"a": []}
    found = tracked.select(gc.get_objects, (2, 1, 0), is_, dict)
    assert any(one is wanted for one in found)
    assert all(type(one) is dict for one in found)
    found = tracked.select(gc.get_objects, (2, 1, 0), is_not, tuple)
    assert any(one is wanted for one in found)
    assert not any(type(one) is tuple for one in found)
