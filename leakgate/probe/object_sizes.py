"""How many bytes objects of the program take, without running its code.

Objects of some libraries are small and own large memory: an array, a table, a data frame. Their own C code says how
much. Only code that is known to be safe is called: it reads a few fields and runs no Python code.
"""

from __future__ import annotations

import _io
import gc
import sys
from _collections import OrderedDict, deque  # type: ignore[import-not-found] # collections without its imports
from _functools import partial  # type: ignore[import-not-found] # functools without its imports
from _operator import attrgetter, methodcaller, not_
from itertools import compress, starmap

from . import interpreters, plain
from .kinds import GetSetDescriptorType
from .system import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_basic_size = type.__dict__["__basicsize__"].__get__
_METHOD_OF_C: Any = type(list.append)
_HEADER = 16
"""Bytes that the collector adds to an object."""
_SIZED: dict[int, plain.Length] = {
    id(kind): kind.__dict__.get("__sizeof__", object.__sizeof__)
    for kind in (dict, list, set, frozenset, tuple, bytearray, deque, OrderedDict, str, bytes, int, _io.BytesIO)
}
_LIBRARIES = {
    "numpy.ndarray": "nbytes",
    "pyarrow.lib.Array": "nbytes",
    "pyarrow.lib.Buffer": "size",
    "pyarrow.lib.ChunkedArray": "nbytes",
    "pyarrow.lib.RecordBatch": "nbytes",
    "pyarrow.lib.Table": "nbytes",
    "PyDataFrame": "estimated_size",
    "PySeries": "estimated_size",
}
"""By class, the attribute or method that gives the bytes of the buffers; the last two are classes of polars. numpy's
own `__sizeof__` counts no memory that another array owns."""
_TABLES = frozenset(("geopandas", "numpy", "pandas", "polars", "pyarrow", "scipy", "xarray"))
"""Packages whose objects lead to arrays that are parts of them. The program knows the table, and not its arrays."""
_LOCKED = {"PyDataFrame": "polars", "PySeries": "polars"}
"""Classes whose methods wait for a lock, and the package whose functions hold it. See `_call_if_free`."""
_MOST_BASES = 8
"""How many views of views are followed to the array that owns the memory."""


def basic_size(kind: type) -> int:
    """Return the bytes of the fixed part of an instance, according to its class."""
    return int(_basic_size(kind))


def instance_size(kind: type) -> int:
    """Return the bytes of an instance, without the objects to which it refers."""
    return int(_basic_size(kind)) + _HEADER


def bare_size(thing: Any) -> int:
    """Return the bytes of an object; without the collector's header if the collector does not track it."""
    return max(1, size(thing) - (0 if gc.is_tracked(thing) else _HEADER))


def size(thing: Any) -> int:
    """Return the bytes that an object itself takes, as built-in types and well-known libraries report them."""
    sizeof = _SIZED.get(id(type(thing)))
    if sizeof is not None:
        return sizeof(thing) + _HEADER
    return _instance_bytes(thing, _class_of_library(type(thing)))


def kept_bytes(thing: Any) -> int:
    """Return the same, for a view of an array with the memory of that array: the view keeps all of it alive."""
    if id(type(thing)) in _SIZED:
        return size(thing)
    kind = _class_of_library(type(thing))
    for _ in range(_MOST_BASES):
        base = _read(thing, kind, "base") if kind is not None else None
        kind_of_base = _class_of_library(type(base)) if base is not None else None
        if kind_of_base is None:
            break
        thing, kind = base, kind_of_base
    return _instance_bytes(thing, kind)


def is_table(kind: type) -> bool:
    """Whether objects of a class are arrays, or tables that consist of arrays."""
    return any(plain.module_of(base).partition(".")[0] in _TABLES for base in plain.mro(kind))


def _instance_bytes(thing: Any, kind: type | None) -> int:
    """Return the size of an object. `kind`: the class of a well-known library that it is an instance of."""
    return max(instance_size(type(thing)), _owned_bytes(thing, kind))


def _owned_bytes(thing: Any, of_library: type | None) -> int:
    """Return the bytes that an object of a C type reports as its own: arrays, tables, mapped files, C structures.

    No method of a Python class is called, because such a method may do anything. 0 if the size is not known.
    """
    kind = type(thing)
    try:
        if kind is getattr(sys.modules.get("mmap"), "mmap", None):
            return len(thing)
        c_data = getattr(sys.modules.get("_ctypes"), "Structure", type)
        if plain.is_kind(kind, *plain.mro(c_data)[1:-1]):  # the base of all types of C
            return int(sys.modules["_ctypes"].sizeof(thing))
        return max(_reported(thing), _buffers(thing, of_library))
    except Exception:
        return 0  # for example a closed file


def _reported(thing: Any) -> int:
    """Return what `__sizeof__` of a C type gives; 0 for a class that has only the method of `object`."""
    base = next(base for base in plain.mro(type(thing)) if "__sizeof__" in plain.class_dict(base))
    found: Any = plain.class_dict(base)["__sizeof__"]
    return int(found(thing)) if type(found) is _METHOD_OF_C and base is not object else 0


def _buffers(thing: Any, kind: type | None) -> int:
    """Return the bytes of the buffers of an object of a well-known library; 0 for other objects (`kind` is None)."""
    found = _read(thing, kind, _LIBRARIES[plain.type_name(kind)]) if kind is not None else None
    return found if type(found) is int else 0


def _class_of_library(kind: type) -> type | None:
    """Return the class of a well-known library that a class is or derives from; None for other classes."""
    return next((base for base in plain.mro(kind) if plain.type_name(base) in _LIBRARIES), None)


def _read(thing: Any, kind: type, name: str) -> Any:
    """Return an attribute, or the result of a method, that the library wrote in C; None if it is not in C.

    `kind`: the class of the library that the object is an instance of.
    """
    found: Any = plain.class_dict(kind).get(name)
    try:
        if type(found) is GetSetDescriptorType:
            return found.__get__(thing)
        if type(found) is not _METHOD_OF_C:
            return None
        package = _LOCKED.get(plain.type_name(kind))
        return found(thing) if package is None else _call_if_free(found, thing, package)
    except BaseException:  # a panic of Rust is no `Exception`
        return None


def _call_if_free(method: Any, thing: Any, package: str) -> Any:
    """Return the result of a method that waits for a lock of its object; None if a thread may hold the lock, or if
    there may be other interpreters, whose threads cannot be seen.

    polars takes the lock while it holds the interpreter's lock. A thread that holds the lock may wait for the
    interpreter's lock, for example to copy Python objects in a table. Both would then wait for ever. Such a thread is
    in a function of the package. All that follows is one call of C functions, so no thread gets into one meanwhile.
    """
    if interpreters.may_be_others():
        return None
    inside = methodcaller("__contains__", system.SEP + package + system.SEP)
    frames = map(methodcaller("values"), starmap(sys._current_frames, ((),)))
    files = map(partial(map, attrgetter("f_code.co_filename")), frames)
    is_free = map(not_, map(any, map(partial(map, inside), files)))
    return next(map(method, compress((thing,), is_free)), None)
