"""The few C functions that the probe calls: the allocator's counters, work for the main thread, profile functions.

`_ctypes` is used without `ctypes` around it, which would cost three times the memory and ten times the time at start.
"""

from __future__ import annotations

import _ctypes
import sys
from _operator import truth
from _thread import get_ident
from itertools import accumulate, chain, filterfalse, repeat, starmap, takewhile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Any

_ctypes_any: Any = _ctypes
"""Typeshed describes `ctypes`; of what lies below it, too little."""
_GIL_KEPT = _ctypes_any.FUNCFLAG_CDECL | _ctypes_any.FUNCFLAG_PYTHONAPI


def _simple(code: str) -> type:
    return type("_Simple_" + code, (_ctypes_any._SimpleCData,), {"_type_": code})


_INT, _UNSIGNED, _SIZE, _POINTER, _OBJECT = map(_simple, "iILPO")
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


_PAGE_BYTES = 4096
"""What `leakgate attach` maps for its first call."""
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


_EVENTS = {0: "call", 3: "return", 4: "c_call", 5: "c_exception", 6: "c_return"}
_CALLS_OF_C = (4, 5, 6)


def profile_other_threads(profile: Callable[[FrameType, str, object], None]) -> None:
    """Set a profile function on all threads but this one and the main one: `sys.setprofile` sets it on its own only.

    `sys._setprofileallthreads` of Python 3.12 sets it on the main thread too. Raises AttributeError where C has no such
    function. A thread takes it off itself, by `sys.setprofile(None)`. Exceptions that the program sends to a thread
    while the profile function runs are sent again.
    """
    kind: Any = type(
        "_TraceFunction",
        (_ctypes_any.CFuncPtr,),
        {"_flags_": _GIL_KEPT, "_restype_": _INT, "_argtypes_": (_POINTER, _OBJECT, _INT, _POINTER)},
    )
    send_exception = _function("PyThreadState_SetAsyncExc", _INT, _SIZE, _OBJECT)

    def follow(_: object, frame: FrameType, what: int, argument: int | None) -> int:
        event = _EVENTS.get(what)
        try:
            if event is not None:
                called = _ctypes_any.PyObj_FromPtr(argument) if argument and what in _CALLS_OF_C else None
                profile(frame, event, called)
        except BaseException as error:
            send_exception(get_ident(), type(error))
        return 0

    callback = kind(follow)
    install = _function("_PyEval_SetProfile", _INT, _POINTER, kind, _OBJECT)
    main, own = list(_thread_states())[-1], _function("PyThreadState_Get", _POINTER)()
    _kept.append(callback)
    others = filterfalse({main, own}.__contains__, _thread_states())
    list(map(install, others, repeat(callback), repeat(None)))


def take_profile_off_threads() -> None:
    """Take the profile function off all threads but this one. Raises AttributeError where C has no such function."""
    install = _function("_PyEval_SetProfile", _INT, _POINTER, _POINTER, _OBJECT)
    own = _function("PyThreadState_Get", _POINTER)()
    others = filterfalse({own}.__contains__, _thread_states())
    list(map(install, others, repeat(None), repeat(None)))


def keep_for_ever() -> None:
    """Let no callback be freed: C will still call one, at a time that is not known."""
    keep = _function("Py_IncRef", _INT, _OBJECT)
    for callback in _kept:
        keep(callback)


def give_back_page(address: int) -> None:
    """Unmap a page of memory that a debugger mapped."""
    _function("munmap", _INT, _POINTER, _SIZE)(address, _PAGE_BYTES)


def _thread_states() -> Iterator[int]:
    """Addresses of the states of all threads, the newest first, so that of the main thread last.

    They are asked for one after the other, by C functions only: nothing else runs meanwhile, so no thread ends. Whoever
    goes through them must do it in C as well.
    """
    main = _function("PyInterpreterState_Main", _POINTER)()
    newest = starmap(_function("PyInterpreterState_ThreadHead", _POINTER, _POINTER), ((main,),))
    older = _function("PyThreadState_Next", _POINTER, _POINTER)  # C functions take a further argument and never look
    return takewhile(truth, accumulate(chain(newest, repeat(None)), older))
