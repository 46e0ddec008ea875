"""Which objects may own memory that Python does not count: instances of C classes that are not part of Python.

An Arrow table, a tensor, an image or a parsed document is a small Python object that owns memory of another allocator.
No code of the program runs here: a class is judged by its layout.
"""

from __future__ import annotations

import builtins
import sys
from _weakref import CallableProxyType, ProxyType

from . import kinds, object_sizes, plain, retained
from .kinds import GetSetDescriptorType, MemberDescriptorType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_OWNERS = frozenset(("mmap", "sqlite3", "zlib", "_bz2", "bz2", "_lzma", "lzma", "_ssl", "ssl", "_ctypes", "pyexpat"))
"""Modules of the standard library whose objects own memory outside the heap."""
_MODULES_OF_39 = [
    "array",
    "asyncio",
    "collections",
    "contextvars",
    "csv",
    "ctypes",
    "datetime",
    "dataclasses",
    "decimal",
    "enum",
    "functools",
    "hashlib",
    "io",
    "itertools",
    "json",
    "logging",
    "operator",
    "pathlib",
    "pickle",
    "queue",
    "random",
    "re",
    "select",
    "socket",
    "struct",
    "threading",
    "time",
    "types",
    "typing",
    "uuid",
    "weakref",
    "xml",
]
"""Modules that have classes written in C, for Python 3.9, which has no `sys.stdlib_module_names`."""
_STDLIB = frozenset(getattr(sys, "stdlib_module_names", None) or _MODULES_OF_39)
_KNOWN = frozenset(
    id(kind)
    for namespace in (vars(builtins), vars(kinds))
    for kind in namespace.values()
    if type(kind) is type and kind is not memoryview
) | frozenset(map(id, (ProxyType, CallableProxyType)))
_VIEWS = ("iterator", "_keys", "_values", "_items", "_descriptor", "method-wrapper", "traceback", "GenericAlias")
"""Ends of the names of internal classes of Python, which no module contains under a name."""
_POINTER = 8


def is_of_python(kind: type) -> bool:
    """Whether a class is one of Python's own: `list`, `generator`, `itertools.chain` and the like."""
    return id(kind) in _KNOWN or _is_of_stdlib(plain.module_of(kind).partition(".")[0])


def type_in(container: object) -> str:
    """Return the name of a class that owns memory and that the newest entries lead to; empty if there is none.

    Each entry must lead to its own object: an object that all entries share does not come with a new entry.
    """
    entries = plain.newest(container, retained.SAMPLE)
    verdicts: dict[int, bool] = {}
    own = [type(one) for one in retained.own_things(container, entries) if owns_memory(type(one), verdicts)]
    return plain.type_name(own[0]) if 2 * len(own) >= len(entries) > 0 else ""


def owns_memory(kind: type, verdicts: dict[int, bool]) -> bool:
    """Whether a class or one of its bases owns memory. `verdicts` caches the answers by the id of a class."""
    for base in plain.mro(kind):
        if base is object:
            break
        if id(base) not in verdicts:
            verdicts[id(base)] = id(base) not in _KNOWN and _is_foreign(base)
        if verdicts[id(base)]:
            return True
    return False


def _is_foreign(kind: type) -> bool:
    module = plain.module_of(kind).partition(".")[0]
    if _is_of_stdlib(module) and module not in _OWNERS and module != "builtins":
        return False
    if module == "builtins" and plain.type_name(kind).endswith(_VIEWS):
        return False
    return _adds_fields(kind)


def _is_of_stdlib(module: str) -> bool:
    return module == "builtins" or module in _STDLIB or module.lstrip("_") in _STDLIB


def _adds_fields(kind: Any) -> bool:
    """Whether instances have more fields than those of the base class plus the slots that Python code can declare."""
    base: Any = plain.base_of(kind)  # only `object`, whose class is known, has none
    found = plain.class_dict(kind)
    slots = sum(type(value) is MemberDescriptorType for value in found.values())
    slots += sum(type(found.get(name)) is GetSetDescriptorType for name in ("__dict__", "__weakref__"))
    return object_sizes.basic_size(kind) - object_sizes.basic_size(base) > _POINTER * slots
