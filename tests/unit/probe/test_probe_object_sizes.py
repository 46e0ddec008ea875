"""The bytes that arrays and tables of libraries own are read from their C code, and no Python code runs.

The libraries are not installed here: classes with their names and with descriptors of built-in types stand for them.
The programs `joined_*` in `bench/cases/misjudged` use the real ones.
"""

import os
import sys
import threading
import time
from array import array
from typing import Any, cast

import pytest

from leakgate.probe import foreign, object_sizes


def library_class(name: str, module: str, **members: Any) -> Any:
    return type(name, (array,), {"__module__": module, **members})


def buffers(thing: Any) -> int:
    return object_sizes._buffers(thing, object_sizes._class_of_library(type(thing)))


def test_an_attribute_of_c_gives_the_bytes_of_a_table() -> None:
    table = library_class("Table", "pyarrow.lib", nbytes=array.__dict__["itemsize"])("d")
    assert buffers(table) == 8
    assert object_sizes.size(table) >= 8


def test_a_method_of_c_gives_the_bytes_of_a_frame() -> None:
    frame = library_class("PyDataFrame", "builtins", estimated_size=array.__dict__["__len__"])("d", [0.0] * 30)
    assert buffers(frame) == 0, "a slot wrapper is neither an attribute nor a method of C"
    frame = library_class("PyDataFrame", "builtins", estimated_size=array.__dict__["__sizeof__"])("d", [0.0] * 30)
    assert buffers(frame) == frame.__sizeof__() > 240


def test_a_size_that_needs_a_lock_is_not_asked_for_while_a_thread_may_hold_the_lock() -> None:
    frame = library_class("PyDataFrame", "builtins", estimated_size=array.__dict__["__sizeof__"])("d", [0.0] * 30)
    table = library_class("Table", "pyarrow.lib", nbytes=array.__dict__["itemsize"])("d")
    inside, over = threading.Event(), threading.Event()
    source = "def extend(inside, over):\n    inside.set()\n    lock.acquire()\n    over.set()\n"
    lock = threading.Lock()
    lock.acquire()
    names: dict[str, Any] = {"lock": lock}
    exec(compile(source, os.path.join("site-packages", "polars", "frame.py"), "exec"), names)
    thread = threading.Thread(target=names["extend"], args=(inside, over))
    thread.start()
    try:
        assert inside.wait(60)
        while sys._current_frames()[cast("int", thread.ident)].f_code.co_name != "extend":
            time.sleep(0.001)
        assert buffers(frame) == 0
        assert buffers(table) == 8
    finally:
        lock.release()
        thread.join()
    assert buffers(frame) == frame.__sizeof__()


@pytest.mark.parametrize("module", ["shop", "pyarrow.lib"])
def test_python_code_of_a_class_with_such_a_name_does_not_run(module: str) -> None:
    def refuse(_: object) -> int:
        raise AssertionError

    table = library_class("Table", module, nbytes=property(refuse), __sizeof__=refuse)("d")
    assert buffers(table) == 0
    assert object_sizes.size(table) > 0


def test_a_view_keeps_the_memory_of_the_array_that_owns_it() -> None:
    members = {"nbytes": OSError.__dict__["characters_written"], "base": BaseException.__dict__["__cause__"]}
    kind: Any = type("ndarray", (OSError,), {"__module__": "numpy", **members})
    owner, view, view_of_view = kind(), kind(), kind()
    for array_, size in ((owner, 50_000), (view, 40), (view_of_view, 8)):
        array_.characters_written = size
    view.__cause__, view_of_view.__cause__ = owner, view
    assert object_sizes.kept_bytes(view_of_view) == object_sizes.kept_bytes(owner) == 50_000
    assert object_sizes.size(view) < 1_000
    views = [owner, *(kind() for _ in range(2 * object_sizes._MOST_BASES))]
    for base, one in zip(views, views[1:]):
        one.characters_written, one.__cause__ = 30, base
    assert object_sizes.kept_bytes(views[-1]) < 1_000, "it gives up"


def test_an_attribute_of_c_that_raises_gives_nothing() -> None:
    members = {"nbytes": OSError.__dict__["characters_written"], "base": BaseException.__dict__["__cause__"]}
    unset: Any = type("ndarray", (OSError,), {"__module__": "numpy", **members})()
    with pytest.raises(AttributeError):
        _ = unset.nbytes
    assert object_sizes._buffers(unset, type(unset)) == 0
    assert 0 < object_sizes.kept_bytes(unset) < 1_000


def test_a_class_that_is_being_created_has_no_bases_yet() -> None:
    found: list[object] = []

    class Meta(type):
        def mro(cls) -> Any:
            found.append((foreign.owns_memory(cls, {}), object_sizes.is_table(cls)))
            return super().mro()

    Meta("Made", (), {})
    assert found == [(False, False)]


def test_subclasses_of_the_classes_of_known_packages_are_tables() -> None:
    frame = type("DataFrame", (), {"__module__": "pandas.core.frame"})
    assert object_sizes.is_table(type("GeoDataFrame", (frame,), {"__module__": "shop"}))
    assert not object_sizes.is_table(type("DataFrame", (), {"__module__": "pandas_like"}))
    assert not object_sizes.is_table(dict)
