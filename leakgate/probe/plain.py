"""Looking at objects of the program without running a line of it: no attribute look-up, comparison, hash or repr.

Everything here goes through descriptors of built-in types, so that a class that lies about itself is not asked.
"""

from __future__ import annotations

import _io
import _thread
import gc
import sys
from _collections import OrderedDict, deque  # type: ignore[import-not-found] # collections without its imports
from itertools import islice

from .kinds import FunctionType, GetSetDescriptorType, MemberDescriptorType, MethodType, ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Length = Callable[[Any], int]

_TYPE: Any = type.__dict__
_mro = _TYPE["__mro__"].__get__
_qualname = _TYPE["__qualname__"].__get__
_module = _TYPE["__module__"].__get__
class_dict: Callable[[type], Any] = _TYPE["__dict__"].__get__
_basic_size = _TYPE["__basicsize__"].__get__
_maxlen = deque.__dict__["maxlen"].__get__
_code = FunctionType.__dict__["__code__"].__get__
_function = MethodType.__dict__["__func__"].__get__
_LONGEST_NAME = 200
THREAD_LOCAL = _thread._local
_METHOD_OF_C: Any = type(list.append)
_HEADER = 16
"""What the collector adds to an object."""

_SIZED: dict[int, Length] = {
    id(kind): kind.__dict__.get("__sizeof__", object.__sizeof__)
    for kind in (dict, list, set, frozenset, tuple, bytearray, deque, OrderedDict, str, bytes, int, _io.BytesIO)
}


def mro(kind: type) -> tuple[type, ...]:
    """The bases of a class; none while it is being made."""
    return _mro(kind) or ()


def is_kind(kind: type, *wanted: type) -> bool:
    """Whether a class is one of these or derives from one."""
    return any(base is one for base in mro(kind) for one in wanted)


def type_name(kind: type) -> str:
    """`package.module.Class`; without the module for built-in types and for the script's own."""
    try:
        module, name = _module(kind), _qualname(kind)
    except Exception:
        return "?"
    name = name if type(name) is str else "?"
    if type(module) is not str or module in ("builtins", "__main__"):
        return name[:_LONGEST_NAME]
    return (module + "." + name)[:_LONGEST_NAME]


def module_of(kind: type) -> str:
    """The module that a class says it is from."""
    try:
        module = _module(kind)
    except Exception:
        return ""
    return module if type(module) is str else ""


def function_name(function: object) -> str:
    """`module.function` of a Python function, by its code; empty for anything else."""
    if type(function) is MethodType:
        function = _function(function)
    if type(function) is not FunctionType:
        return ""
    name = code_name(_code(function))
    module: object = FunctionType.__dict__["__module__"].__get__(function)
    qualified: object = FunctionType.__dict__["__qualname__"].__get__(function)
    if type(qualified) is str:
        name = qualified[:_LONGEST_NAME]
    return module + "." + name if type(module) is str and module != "__main__" else name


def function_code(function: object) -> Any:
    """The code of a Python function or bound method; None for anything else."""
    if type(function) is MethodType:
        function = _function(function)
    return _code(function) if type(function) is FunctionType else None


def code_name(code: Any) -> str:
    """The qualified name where Python knows it (3.11)."""
    return str(getattr(code, "co_qualname", code.co_name))[:_LONGEST_NAME]


def is_name(key: object) -> bool:
    """Whether a key may be shown: an identifier, which in a namespace is code and not data."""
    return type(key) is str and len(key) <= _LONGEST_NAME and key.isidentifier()


def namespace(instance: object) -> Any:
    """The `__dict__` of an object; None where it has none, or where its class pretends.

    A `threading.local` has one for each thread, and would make one for ours.
    """
    if is_kind(type(instance), THREAD_LOCAL):
        return None
    for base in mro(type(instance)):
        descriptor = class_dict(base).get("__dict__")
        if descriptor is None:
            continue
        if type(descriptor) is not GetSetDescriptorType and type(descriptor) is not MemberDescriptorType:
            return None
        try:
            found = descriptor.__get__(instance)
        except Exception:
            return None
        return found if type(found) is dict else None
    return None


def referents(thing: object) -> list[object]:
    """What an object refers to; of a module its namespace only.

    What else a C module tells the collector need not live: `_asyncio` of CPython 3.12 has the objects there that
    it keeps to be used again, which must not be referred to (`module_traverse`).
    """
    return [namespace(thing)] if type(thing) is ModuleType else gc.get_referents(thing)


def owns_namespace(owner: object, found: object) -> bool:
    """Whether a dict holds the attributes of an instance, a class or a module."""
    return is_kind(type(owner), type, ModuleType) or namespace(owner) is found


def is_built_in(kind: type) -> bool:
    """Whether a class is one of Python's own."""
    return module_of(kind) == "builtins"


def has_entries(kind: type) -> bool:
    """Whether instances of a class are containers: they can be subscribed, or are sets."""
    return is_kind(kind, set, frozenset) or any("__getitem__" in class_dict(base) for base in mro(kind))


def slots(instance: object) -> list[tuple[str, object]]:
    """Names and values of the `__slots__` that are set, and of the like in classes written in C."""
    found = []
    for base in mro(type(instance)):
        for name, descriptor in list(class_dict(base).items()):
            if type(descriptor) is MemberDescriptorType and is_name(name) and name != "__dict__":
                value = _slot(descriptor, instance)
                if value is not None:
                    found.append((name, value))
    return found


def _slot(descriptor: Any, instance: object) -> object:
    try:
        return descriptor.__get__(instance)
    except AttributeError:  # it is not set
        return None


def module_dict(module: object) -> Any:
    """The namespace of a module object; None for what is no module."""
    return namespace(module) if is_kind(type(module), ModuleType) else None


def _written(buffer: Any) -> int:
    try:
        return int(_io.BytesIO.tell(buffer))  # its size in memory grows in leaps
    except ValueError:
        return 0  # it is closed


def _written_text(buffer: Any) -> int:
    try:
        return int(_io.StringIO.tell(buffer))
    except ValueError:
        return 0


def lengths() -> dict[int, Length]:
    """How to ask containers for their length, by the id of the type; others are added as they are met."""
    found: dict[int, Length] = {id(kind): len for kind in (dict, list, set, deque, OrderedDict, bytearray)}
    found[id(_io.BytesIO)] = _written
    found[id(_io.StringIO)] = _written_text
    array = _array_type()
    if array is not None:
        found[id(array)] = len
    queue = sys.modules.get("_queue")
    if queue is not None and sys.version_info >= (3, 13):  # before, its entries are in a list
        found[id(queue.SimpleQueue)] = queue.SimpleQueue.qsize
    return found


def untracked() -> set[int]:
    """Ids of the container types that the collector does not know of, or of those that hold plain values only."""
    return {id(dict), id(bytearray), id(_array_type())}


def _array_type() -> Any:
    """`array.array`, where the program has loaded it and has no `array.py` of its own."""
    found = getattr(sys.modules.get("array"), "array", None)
    return found if type(found) is type and module_of(found) == "array" and hasattr(found, "itemsize") else None


_BASES: tuple[tuple[type, Length], ...] = (
    (deque, deque.__len__),
    (dict, dict.__len__),
    (list, list.__len__),
    (set, set.__len__),
    (bytearray, bytearray.__len__),
    (_io.BytesIO, _written),
    (_io.StringIO, _written_text),
)


def measure_of(kind: type) -> Length | None:
    """How to ask a class derived from a container for its length, whatever it overrides; None for other classes."""
    for base in mro(kind):
        for container, length in _BASES:
            if base is container:
                return length
    return None


def newest(container: object, count: int) -> list[tuple[object, ...]]:
    """The last entries that were put in, as far as the container knows: (key, value), or (entry,)."""
    anything: Any = container
    kind = type(container)
    try:
        if is_kind(kind, dict):
            return list(islice(reversed(dict.items(anything)), count))
        if is_kind(kind, list):
            return [(entry,) for entry in list.__getitem__(anything, slice(-count, None))]
        if is_kind(kind, deque):
            many = deque.__len__(anything)
            return [(deque.__getitem__(anything, many - at),) for at in range(1, min(count, many) + 1)]
        if is_kind(kind, set):
            return [(entry,) for entry in islice(set.__iter__(anything), count)]
    except (RuntimeError, IndexError):
        pass  # the program changed it meanwhile
    return []


def limit(container: Any) -> int:
    """`maxlen` of a deque; 0 for none."""
    found = _maxlen(container) if is_kind(type(container), deque) else None
    return found if type(found) is int else 0


def unit(container: Any) -> int:
    """Bytes of an entry, of a container of plain bytes or numbers; 0 for one of objects."""
    if is_kind(type(container), bytearray, _io.BytesIO, _io.StringIO):
        return 1
    array = _array_type()
    if array is not None and is_kind(type(container), array):
        return int(array.itemsize.__get__(container))
    return 0


def base_of(kind: type) -> type | None:
    """The base whose layout a class extends; None for `object`."""
    found: Any = _TYPE["__base__"].__get__(kind)
    return found if isinstance(found, type) else None


def basic_size(kind: type) -> int:
    """Bytes of an instance's fixed part, as its class says."""
    return int(_basic_size(kind))


def instance_size(kind: type) -> int:
    """Bytes of an instance without what it refers to."""
    return int(_basic_size(kind)) + _HEADER


def bare_size(thing: Any) -> int:
    """The same of an object that the collector does not know of, and adds nothing to."""
    return max(1, size(thing) - (0 if gc.is_tracked(thing) else _HEADER))


def size(thing: Any) -> int:
    """Bytes of an object's own, as built-in types know them."""
    sizeof = _SIZED.get(id(type(thing)))
    if sizeof is not None:
        return sizeof(thing) + _HEADER
    return max(instance_size(type(thing)), _owned_bytes(thing))


def _owned_bytes(thing: Any) -> int:
    """What an object of a type in C says that it owns beside itself: arrays, tables, mapped files, C structures.

    Nothing of a class in Python is called, and none of its instances: such a class may do anything there.
    """
    kind = type(thing)
    try:
        if kind is getattr(sys.modules.get("mmap"), "mmap", None):
            return len(thing)
        c_data = getattr(sys.modules.get("_ctypes"), "Structure", type)
        if is_kind(kind, *mro(c_data)[1:-1]):  # the base of all types of C
            return int(sys.modules["_ctypes"].sizeof(thing))
        for base in mro(kind):
            found: Any = class_dict(base).get("__sizeof__")
            if found is not None:
                return int(found(thing)) if type(found) is _METHOD_OF_C and base is not object else 0
    except Exception:
        return 0  # a closed file, a table that was given away
    return 0
