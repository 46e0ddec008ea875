"""Empties bounded caches (of the standard library, and each `lru_cache` that grows): a bounded cache is not a leak.

Emptying takes time, and a program may rely on a cached object, so this is done for suspects only.
"""

from __future__ import annotations

import functools
import sys

from .originals import Original

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_FUNCTIONS = (
    ("re", "purge"),
    ("urllib.parse", "clear_cache"),
    ("filecmp", "clear_cache"),
    ("struct", "_clearcache"),
    ("regex", "purge"),
)
"""Functions that empty a cache, by module."""
_DICTIONARIES = (
    ("_strptime", "_regex_cache"),
    ("zipimport", "_zip_directory_cache"),
    ("tokenize", "_compile_cache"),
)
_CTYPES = ("_pointer_type_cache", "_c_functype_cache")
_LRU: Any = type(functools.lru_cache(maxsize=1)(lambda: None))


class Caches:
    """The caches of this process that may fill while a suspect is repeated."""

    def __init__(self) -> None:
        self._lru: list[Any] = []
        self._sizes: list[int] = []
        self._growing: list[Callable[[], None]] = []
        self._ctypes_size = 0

    def find(self) -> None:
        """Record each `lru_cache` with a bound, and its size; and the size of the caches of ctypes."""
        self._ctypes_size = _ctypes_size()
        self._lru = [one for one in Original.objects() if type(one) is _LRU and _is_bounded(one)]
        self._sizes = [_size(one) for one in self._lru]

    def look(self) -> list[str]:
        """Record which of them grew since `find`, and return the names of the new ones. `empty` then empties them."""
        names = []
        for one, size in zip(self._lru, self._sizes):
            clear = one.cache_clear
            if _size(one) > size and clear not in self._growing:
                self._growing.append(clear)
                names.append("%s.%s" % (getattr(one, "__module__", "?"), getattr(one, "__qualname__", "?")))
        return names

    def empty(self) -> None:
        """Empty the caches of the standard library, and those that were seen to grow."""
        modules = sys.modules
        for name, function in _FUNCTIONS:
            _call(getattr(modules.get(name), function, None))
        for name, attribute in _DICTIONARIES:
            cache = getattr(modules.get(name), attribute, None)
            if type(cache) is dict:
                cache.clear()
        _forget_lines_of_files(getattr(modules.get("linecache"), "cache", None))
        for clear in getattr(modules.get("typing"), "_cleanups", ()):
            _call(clear)
        for clear in self._growing:
            _call(clear)
        if _ctypes_size() > self._ctypes_size:  # each reset makes two new types: 29 blocks that are garbage at the next
            _call(getattr(modules["ctypes"], "_reset_cache", None))
            self._ctypes_size = _ctypes_size()


def _forget_lines_of_files(cache: Any) -> None:
    """Remove the lines of files and modules, which are limited in number, from the cache of `linecache`.

    The sources of generated code stay. They have no time of modification, and nothing removes them: a library that adds
    one for each call leaks.
    """
    if type(cache) is dict:
        for name in [one for one, entry in cache.items() if len(entry) == 1 or entry[1] is not None]:
            del cache[name]


def _ctypes_size() -> int:
    ctypes = sys.modules.get("ctypes")
    caches = [getattr(ctypes, name, None) for name in _CTYPES] if ctypes is not None else []
    return sum(len(one) for one in caches if type(one) is dict)


def _is_bounded(cache: Any) -> bool:
    try:
        return cache.cache_parameters()["maxsize"] is not None
    except Exception:
        return False


def _size(cache: Any) -> int:
    try:
        return int(cache.cache_info().currsize)
    except Exception:
        return 0


def _call(function: Any) -> None:
    if function is None:
        return
    try:
        function()
    except Exception:
        return
