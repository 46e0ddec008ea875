"""Calls of C functions: pending calls for the main thread, profile functions, and functions that other modules need.

The probe uses `_ctypes` without `ctypes`, which would take three times the memory and ten times the time at start.
"""

from __future__ import annotations

import _ctypes
import sys
from _functools import partial  # type: ignore[import-not-found] # functools without its imports
from _operator import truth
from _thread import get_ident
from _weakref import ref
from itertools import accumulate, chain, filterfalse, repeat, starmap, takewhile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Any

_ctypes_any: Any = _ctypes
"""Typed as Any, because typeshed describes too little of `_ctypes`."""
_GIL_KEPT = _ctypes_any.FUNCFLAG_CDECL | _ctypes_any.FUNCFLAG_PYTHONAPI


def _simple(code: str) -> type:
    return type("_Simple_" + code, (_ctypes_any._SimpleCData,), {"_type_": code})


INT, UNSIGNED, SIZE, SIGNED_SIZE, POINTER, _OBJECT, BYTE, TEXT, LONG_LONG = map(_simple, "iILlPOBzQ")


def structure(*fields: tuple[str, type]) -> Any:
    return type("_Structure", (_ctypes_any.Structure,), {"_fields_": list(fields)})


class _Program:
    """The running program as a library in which C functions are looked up."""

    _handle = getattr(sys, "dllhandle", None) or _ctypes_any.dlopen(None, 0)


def c_function(name: str, result: type | None, *arguments: type) -> Any:
    """Return a C function of the program. It runs with the GIL held: it takes microseconds, and no thread switches."""
    kind: Any = type(
        "_Function",
        (_ctypes_any.CFuncPtr,),
        {"_flags_": _GIL_KEPT, "_restype_": result, "_argtypes_": arguments},
    )
    return kind((name, _Program))


_PAGE_BYTES = 4096
"""Size of the page that `leakgate attach` maps for its first call."""
_kept: list[object] = []
"""Callbacks that C keeps without a reference count. There is one for each purpose, made once."""


def prepare_pending_call(function: Callable[[], int]) -> Callable[[], bool]:
    """Return `schedule() -> bool`. It makes the main thread call `function()` between two bytecodes.

    `function` must return 0. `schedule` returns False if the queue of the interpreter is full.
    """
    kind: Any = type(
        "_PendingCall", (_ctypes_any.CFuncPtr,), {"_flags_": _GIL_KEPT, "_restype_": INT, "_argtypes_": ()}
    )
    callback = kind(function)
    add = c_function("Py_AddPendingCall", INT, kind, POINTER)
    _kept.append(callback)

    def schedule() -> bool:
        return add(callback, None) == 0  # type: ignore[no-any-return]

    return schedule


_sent_later: dict[int, object] = {}
"""By thread, the reference whose callback sends the last exception again."""
_EVENTS = {0: "call", 3: "return", 4: "c_call", 5: "c_exception", 6: "c_return"}
_CALLS_OF_C = (4, 5, 6)


def profile_other_threads(profile: Callable[[FrameType, str, object], None]) -> None:
    """Set a profile function on all threads except this one and the main thread.

    `sys.setprofile` sets it on the calling thread only; `sys._setprofileallthreads` of Python 3.12 sets it on the main
    thread too. Raises AttributeError if this Python has no such C function. A thread removes the function itself, with
    `sys.setprofile(None)`. Exceptions that the program sends to a thread during the profile function are sent again.
    """
    kind: Any = type(
        "_TraceFunction",
        (_ctypes_any.CFuncPtr,),
        {"_flags_": _GIL_KEPT, "_restype_": INT, "_argtypes_": (POINTER, _OBJECT, INT, POINTER)},
    )
    send_exception = c_function("PyThreadState_SetAsyncExc", INT, SIZE, _OBJECT, _OBJECT)  # C ignores the last one

    def follow(_: object, frame: FrameType, what: int, argument: int | None) -> int:
        event = _EVENTS.get(what)
        try:
            if event is not None:
                called = _ctypes_any.PyObj_FromPtr(argument) if argument and what in _CALLS_OF_C else None
                profile(frame, event, called)
        except BaseException as error:
            # If it was sent here, Python would raise it before this function returns, and ctypes would drop it. So it
            # is sent when the variables of this function are freed.
            last: set[object] = set()
            _sent_later[get_ident()] = ref(last, partial(send_exception, get_ident(), type(error)))
        return 0

    callback = kind(follow)
    install = c_function("_PyEval_SetProfile", INT, POINTER, kind, _OBJECT)
    main, own = list(_thread_states())[-1], c_function("PyThreadState_Get", POINTER)()
    _kept.append(callback)
    others = filterfalse({main, own}.__contains__, _thread_states())
    list(map(install, others, repeat(callback), repeat(None)))


def take_profile_off_threads() -> None:
    """Remove the profile function from all threads except this one. Raises AttributeError if there is no C function."""
    install = c_function("_PyEval_SetProfile", INT, POINTER, POINTER, _OBJECT)
    own = c_function("PyThreadState_Get", POINTER)()
    others = filterfalse({own}.__contains__, _thread_states())
    list(map(install, others, repeat(None), repeat(None)))


def keep_callbacks() -> None:
    """Make sure that no callback is ever freed: C may still call one at any later time."""
    keep = c_function("Py_IncRef", INT, _OBJECT)
    for callback in _kept:
        keep(callback)


def give_back_page(address: int) -> None:
    """Unmap a page of memory that a debugger mapped."""
    c_function("munmap", INT, POINTER, SIZE)(address, _PAGE_BYTES)


def _thread_states() -> Iterator[int]:
    """Yield the addresses of the states of all threads, the newest first; the main thread is the last.

    Only C functions read them, one after the other. No other thread runs in between, so no thread ends. The caller
    must iterate in C as well.
    """
    main = c_function("PyInterpreterState_Main", POINTER)()
    newest = starmap(c_function("PyInterpreterState_ThreadHead", POINTER, POINTER), ((main,),))
    older = c_function("PyThreadState_Next", POINTER, POINTER)  # `accumulate` passes a second argument; C ignores it
    return takewhile(truth, accumulate(chain(newest, repeat(None)), older))
