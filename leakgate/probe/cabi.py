"""The few C functions that the probe calls: the allocator's counters, and work for the main thread.

`_ctypes` is used without `ctypes` around it, which would cost three times the memory and ten times the time at start.
"""

from __future__ import annotations

import sys

import _ctypes

_GIL_KEPT = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_PYTHONAPI


class _Int(_ctypes._SimpleCData):
    _type_ = "i"


class _Unsigned(_ctypes._SimpleCData):
    _type_ = "I"


class _Size(_ctypes._SimpleCData):
    _type_ = "L"


class _Pointer(_ctypes._SimpleCData):
    _type_ = "P"


_MALLINFO_FIELDS = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()


class _Mallinfo2(_ctypes.Structure):
    _fields_ = [(name, _Size) for name in _MALLINFO_FIELDS]


class _Mallinfo(_ctypes.Structure):
    _fields_ = [(name, _Unsigned) for name in _MALLINFO_FIELDS]


class _ZoneStatistics(_ctypes.Structure):
    _fields_ = [("blocks_in_use", _Unsigned), ("size_in_use", _Size), ("max_size_in_use", _Size), ("allocated", _Size)]


class _Program:
    """The running program as a library to look names up in."""

    _handle = sys.dllhandle if sys.platform == "win32" else _ctypes.dlopen(None, 0)


def _function(name: str, result: type, *arguments: type) -> type[_ctypes.CFuncPtr]:
    """A C function of the program, called with the GIL held: microseconds, and no hand-over between threads."""

    class Function(_ctypes.CFuncPtr):
        _flags_ = _GIL_KEPT
        _restype_ = result
        _argtypes_ = arguments

    return Function((name, _Program))


class _PendingCall(_ctypes.CFuncPtr):
    _flags_ = _GIL_KEPT
    _restype_ = _Int
    _argtypes_ = ()


def find_native_counter():
    """A function that says how many bytes are in use in the C allocator; None where nobody knows (musl, Windows)."""
    if sys.platform == "darwin":
        return _zone_counter()
    for name, fields in (
        ("mallinfo2", _Mallinfo2),
        ("mallinfo", _Mallinfo),
    ):  # the second before glibc 2.33, modulo 4 GB
        try:
            read = _function(name, fields)
        except (AttributeError, ValueError):
            continue

        def count(read=read) -> int:
            info = read()
            return info.uordblks + info.hblkhd

        return count
    return None


def _zone_counter():
    read = _function("malloc_zone_statistics", _Int, _Pointer, _Pointer)
    statistics = _ZoneStatistics()
    where = _ctypes.byref(statistics)

    def count() -> int:
        read(None, where)
        return statistics.size_in_use

    return count


_kept = []
"""C holds on to these callbacks without counting; there is one for each purpose, made once."""


def prepare_pending_call(function):
    """Make `schedule() -> bool`: the main thread will call `function()` between two bytecodes. It must return 0 or False."""
    callback = _PendingCall(function)
    add = _function("Py_AddPendingCall", _Int, _PendingCall, _Pointer)
    _kept.append(callback)

    def schedule() -> bool:
        return add(callback, None) == 0

    return schedule
