"""Counts the calls of the function that the user names with the key `work`.

Python 3.12 and newer can report the start of a single code object (`sys.monitoring`), so no other function becomes
slower. Older versions cannot do that, and the calls are not counted there.
"""

from __future__ import annotations

import sys
from itertools import count

from . import wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

ABSENT, NOT_FOUND, IMPOSSIBLE = -1, -2, -3
"""Counts that are reported if no function is named, if it does not exist yet, and if its calls cannot be counted."""
_TOOLS = (4, 3)
"""Tool ids of `sys.monitoring` that are not reserved for a kind of tool."""
_MOST_RESTS = 64
"""Largest number of readings between two searches for a function that does not exist yet."""
_MOST_OBJECTS = 2_000
"""Objects that are searched for the function inside a decorated object, which is a few references away."""
_FUNCTION = type(wire.report_error)


class CallCount:
    """The counter of one function of this process."""

    def __init__(self, name: str) -> None:
        """`name`: `package.module:function`; dots after the colon lead into attributes."""
        self._module, _, path = name.partition(":")
        self._path = path
        self._next = count().__next__
        self._reads = self._before = 0
        self._found = self._failed = False
        self._rests = self._resting = 0

    def read(self) -> int:
        """Return how often the function was called in this process so far; `NOT_FOUND` or `IMPOSSIBLE` if not known."""
        if not self._found:
            self._look()
        if not self._found:
            return IMPOSSIBLE if self._failed else NOT_FOUND
        return self._total() - self._before  # from 3.12: see `_total`

    def forget(self) -> None:
        """In a forked child: count from 0 again."""
        if self._found:
            self._before = self._total()  # from 3.12: see `_total`

    def _total(self) -> int:  # from 3.12: a function is found only if its calls can be counted
        self._reads += 1
        return self._next() - (self._reads - 1)

    def _look(self) -> None:
        """Find the function, and count its calls from now on. The pauses between two searches get longer."""
        if self._failed or self._resting > 0:
            self._resting -= 1
            return
        self._resting = self._rests = min(_MOST_RESTS, 2 * self._rests + 1)
        try:
            code = _code_of(self._module, self._path)
            if code is not None:
                self._count(code)
                self._found = True  # from 3.12: see `_total`
        except Exception:
            self._failed = True

    def _count(self, code: CodeType) -> None:  # from 3.12: `sys.monitoring` is new
        monitoring: Any = getattr(sys, "monitoring")  # noqa: B009 - not in older Pythons
        tool = next(number for number in _TOOLS if monitoring.get_tool(number) is None)
        monitoring.use_tool_id(tool, "leakgate")
        started = self._next

        def called(_code: CodeType, _offset: int) -> None:
            started()

        monitoring.register_callback(tool, monitoring.events.PY_START, called)
        monitoring.set_local_events(tool, code, monitoring.events.PY_START)


def _code_of(module_name: str, path: str) -> CodeType | None:
    """Return the code of the function; None if it does not exist yet. No code of the program runs here."""
    module = _loaded(module_name)
    if module is None:
        return None
    first, *rest = path.split(".")
    start = value = vars(module).get(first)
    for name in rest:
        value = _member(value, name)
    value = getattr(value, "__func__", value) if isinstance(value, (staticmethod, classmethod)) else value
    if type(value) is _FUNCTION:
        while type(value.__dict__.get("__wrapped__")) is _FUNCTION:
            value = value.__dict__["__wrapped__"]
        found: CodeType = value.__code__
        return found
    return None if start is None else _hidden_code(start, module.__name__, path)


def _loaded(name: str) -> Any:
    """Return a module whose import has ended, or the script itself by the name of its file; else None."""
    module = sys.modules.get(name)
    if module is not None:
        return None if getattr(vars(module).get("__spec__"), "_initializing", False) else module
    main = vars(sys.modules["__main__"])
    spec = getattr(main.get("__spec__"), "name", "")
    file = str(main.get("__file__", "")).replace("\\", "/").rpartition("/")[2].partition(".")[0]
    return sys.modules["__main__"] if name in (spec, spec.rpartition(".__main__")[0], file) else None


def _member(value: Any, name: str) -> Any:
    """Return an attribute from the `__dict__` of an object or its classes, without computing anything; else None."""
    for owner in value.__mro__ if isinstance(value, type) else (value, *type(value).__mro__):
        try:
            members = object.__getattribute__(owner, "__dict__")
        except AttributeError:
            continue
        if name in members:
            return members[name]
    return None


def _hidden_code(start: object, module: str, path: str) -> CodeType | None:  # from 3.11: code has a qualified name
    """Return the code of a function inside an object that a decorator made, found by its qualified name; else None."""
    from gc import get_referents  # noqa: PLC0415 - rarely needed

    seen = {id(start)}
    waiting = [start]
    for one in waiting:
        if type(one) is _FUNCTION and one.__module__ == module:
            code: Any = one.__code__
            if code.co_qualname == path:
                return code  # type: ignore[no-any-return]
        if len(waiting) < _MOST_OBJECTS:
            for other in get_referents(one):
                if id(other) not in seen and not isinstance(other, type(sys)):
                    seen.add(id(other))
                    waiting.append(other)
    return None


_counting: CallCount | None = None


def counting(channel: str) -> CallCount | None:
    """Return the counter of this process, if leakgate asks for one. A forked child keeps the counter of its parent."""
    global _counting  # noqa: PLW0603 - a process has one
    if _counting is None:
        name = wire.read_work(channel)
        _counting = CallCount(name) if name else None
    return _counting


def forget() -> None:
    """In a forked child: count only the child's own calls."""
    if _counting is not None:
        _counting.forget()
