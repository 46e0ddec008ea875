"""The few C functions that the probe calls: the allocator's counters, and work for the main thread.

`_ctypes` is used without `ctypes` around it, which would cost three times the memory and ten times the time at start.
"""

from __future__ import annotations

import _ctypes
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_ctypes_any: Any = _ctypes
"""Typeshed describes `ctypes`; of what lies below it, too little."""
_GIL_KEPT = _ctypes_any.FUNCFLAG_CDECL | _ctypes_any.FUNCFLAG_PYTHONAPI


def _simple(code: str) -> type:
    return type("_Simple_" + code, (_ctypes_any._SimpleCData,), {"_type_": code})


_INT, _UNSIGNED, _SIZE, _POINTER = map(_simple, "iILP")
_MALLINFO = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")


def _structure(*fields: tuple[str, type]) -> Any:
    return type("_Structure", (_ctypes_any.Structure,), {"_fields_": list(fields)})


class _Program:
    """The running program as a library to look names up in."""

    _handle = getattr(sys, "dllhandle", None) or _ctypes_any.dlopen(None, 0)


def _function(name: str, result: type, *arguments: type) -> Any:
    """A C function of the program, called with the GIL held: microseconds, and no hand-over between threads."""
    kind: Any = type(
        "_Function",
        (_ctypes_any.CFuncPtr,),
        {"_flags_": _GIL_KEPT, "_restype_": result, "_argtypes_": arguments},
    )
    return kind((name, _Program))


def find_native_counter() -> Callable[[], int] | None:
    """A function that says how many bytes are in use in the C allocator; None where nobody knows (musl, Windows)."""
    if sys.platform == "darwin":
        return _zone_counter()
    return _mallinfo_counter("mallinfo2", _SIZE) or _mallinfo_counter("mallinfo", _UNSIGNED)


def _mallinfo_counter(name: str, number: type) -> Callable[[], int] | None:
    """`mallinfo2` is of glibc 2.33; the older function counts modulo 4 GB."""
    try:
        read = _function(name, _structure(*((field, number) for field in _MALLINFO)))
    except (AttributeError, ValueError):
        return None

    def count() -> int:
        info = read()
        return info.uordblks + info.hblkhd  # type: ignore[no-any-return]

    return count


def _zone_counter() -> Callable[[], int]:
    read = _function("malloc_zone_statistics", _INT, _POINTER, _POINTER)
    statistics = _structure(
        ("blocks_in_use", _UNSIGNED), ("size_in_use", _SIZE), ("max_size_in_use", _SIZE), ("size_allocated", _SIZE)
    )()
    where = _ctypes_any.byref(statistics)

    def count() -> int:
        read(None, where)
        return statistics.size_in_use  # type: ignore[no-any-return]

    return count


_kept: list[object] = []
"""C holds on to these callbacks without counting; there is one for each purpose, made once."""


def prepare_pending_call(function: Callable[[], int]) -> Callable[[], bool]:
    """Make `schedule() -> bool`: the main thread will call `function()`, which must return 0, between two bytecodes."""
    kind: Any = type(
        "_PendingCall", (_ctypes_any.CFuncPtr,), {"_flags_": _GIL_KEPT, "_restype_": _INT, "_argtypes_": ()}
    )
    callback = kind(function)
    add = _function("Py_AddPendingCall", _INT, kind, _POINTER)
    _kept.append(callback)

    def schedule() -> bool:
        return add(callback, None) == 0  # type: ignore[no-any-return]

    return schedule
