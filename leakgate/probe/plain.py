"""Reads objects of the program without running its code: no attribute look-up, comparison, hash or repr.

All functions use descriptors of built-in types, so they do not call what a class overrides.
"""

from __future__ import annotations

import _io
import _thread
import gc
import sys
from _collections import OrderedDict, deque  # type: ignore[import-not-found] # collections without its imports
from itertools import chain, islice

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
_maxlen = deque.__dict__["maxlen"].__get__
_code = FunctionType.__dict__["__code__"].__get__
_function = MethodType.__dict__["__func__"].__get__
_LONGEST_NAME = 200
THREAD_LOCAL = _thread._local


def mro(kind: type) -> tuple[type, ...]:
    """Return the bases of a class; an empty tuple while the class is being created."""
    return _mro(kind) or ()


def is_kind(kind: type, *wanted: type) -> bool:
    """Whether a class is one of these or derives from one."""
    return any(base is one for base in mro(kind) for one in wanted)


def type_name(kind: type) -> str:
    """Return `package.module.Class`; without the module for built-in types and for classes of the script."""
    try:
        module, name = _module(kind), _qualname(kind)
    except Exception:
        return "?"
    name = name if type(name) is str else "?"
    if type(module) is not str or module in ("builtins", "__main__"):
        return name[:_LONGEST_NAME]
    return (module + "." + name)[:_LONGEST_NAME]


def module_of(kind: type) -> str:
    """Return the module that a class names as its own; empty if there is none."""
    try:
        module = _module(kind)
    except Exception:
        return ""
    return module if type(module) is str else ""


def function_name(function: object) -> str:
    """Return `module.function` of a Python function or bound method; empty for other objects."""
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
    """Return the code of a Python function or bound method; None for other objects."""
    if type(function) is MethodType:
        function = _function(function)
    return _code(function) if type(function) is FunctionType else None


def code_name(code: Any) -> str:
    """Return the qualified name of code, from Python 3.11 on; before, its plain name."""
    return str(getattr(code, "co_qualname", code.co_name))[:_LONGEST_NAME]


def is_name(key: object) -> bool:
    """Whether a key may be shown: it is an identifier, which in a namespace is code and not data."""
    return type(key) is str and len(key) <= _LONGEST_NAME and key.isidentifier()


def namespace(instance: object) -> Any:
    """Return the `__dict__` of an object; None if it has none, or if its class overrides `__dict__`.

    None for a `threading.local` too: it has one for each thread, and would create one for the probe's thread.
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
    """Return the objects to which an object refers; for a module only its namespace.

    A C module may also show dead objects to the collector: `_asyncio` of CPython 3.12 shows objects that it keeps for
    reuse, and these must not get a reference (`module_traverse`).
    """
    return [namespace(thing)] if type(thing) is ModuleType else gc.get_referents(thing)


def owns_namespace(owner: object, found: object) -> bool:
    """Whether a dict holds the attributes of an instance, a class or a module."""
    return is_kind(type(owner), type, ModuleType) or namespace(owner) is found


def is_built_in(kind: type) -> bool:
    """Whether a class is one of Python's own."""
    return module_of(kind) == "builtins"


def has_entries(kind: type) -> bool:
    """Whether instances of a class are containers: they support subscripts (`__getitem__`), or are sets."""
    return is_kind(kind, set, frozenset) or any("__getitem__" in class_dict(base) for base in mro(kind))


def slots(instance: object) -> list[tuple[str, object]]:
    """Return names and values of the `__slots__` that are set, and of member fields of classes written in C."""
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
    """Return the namespace of a module; None for other objects."""
    return namespace(module) if is_kind(type(module), ModuleType) else None


def _written(buffer: Any) -> int:
    try:
        return int(_io.BytesIO.tell(buffer))  # its size in memory grows in large steps
    except ValueError:
        return 0  # it is closed


def _written_text(buffer: Any) -> int:
    try:
        return int(_io.StringIO.tell(buffer))
    except ValueError:
        return 0


def _picklers() -> list[type]:
    """Return the classes of `_pickle` that remember each object, and so keep it. Their memory shows from 3.11 on."""
    module = sys.modules.get("_pickle") if sys.version_info >= (3, 11) else None
    found = [getattr(module, name, None) for name in ("Pickler", "Unpickler")]
    return [kind for kind in found if type(kind) is type and module_of(kind) == "_pickle"]


def _referent_count(thing: object) -> int:  # from 3.11: see `_picklers`
    return len(gc.get_referents(thing))


def lengths() -> dict[int, Length]:
    """Return functions that give the length of a container, by the id of its type. The caller adds derived types."""
    found: dict[int, Length] = {id(kind): len for kind in (dict, list, set, deque, OrderedDict, bytearray)}
    found[id(_io.BytesIO)] = _written
    found[id(_io.StringIO)] = _written_text
    array = _array_type()
    if array is not None:
        found[id(array)] = len
    found.update((id(kind), _referent_count) for kind in _picklers())
    queue = sys.modules.get("_queue")
    if queue is not None and sys.version_info >= (3, 13):  # from 3.13: before, its entries are in a list
        found[id(queue.SimpleQueue)] = queue.SimpleQueue.qsize
    return found


def untracked() -> set[int]:
    """Return the ids of container types that the collector never tracks, or not while all entries are plain."""
    return {id(dict), *flat()}


def flat() -> set[int]:
    """Return the ids of Python's own types of plain bytes and numbers, except texts."""
    return {id(bytearray), id(_array_type())}


def _array_type() -> Any:
    """Return `array.array`, if the program has loaded it and has no `array.py` of its own; else None."""
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
    """Return a function for the length of a class derived from a container. It ignores overrides. Else None."""
    for base in mro(kind):
        for container, length in _BASES:
            if base is container:
                return length
    return _referent_count if is_kind(kind, *_picklers()) else None


def newest(container: object, count: int) -> list[tuple[object, ...]]:
    """Return the last `count` entries, as (key, value) or (entry,); any entries of a set or a pickler."""
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
        if is_kind(kind, tuple):
            return [(entry,) for entry in tuple.__getitem__(anything, slice(-count, None))]
        for base in (set, frozenset):
            if is_kind(kind, base):
                return [(entry,) for entry in islice(base.__iter__(anything), count)]
    except (RuntimeError, IndexError):
        pass  # the program changed it in the meantime
    return [(entry,) for entry in gc.get_referents(container)[-count:]] if is_kind(kind, *_picklers()) else []


def entry_ids(container: object, most: int) -> set[int]:
    """Return the ids of the entries of a container (of a dict: of its values), `most` from each end at most."""
    anything: Any = container
    kind = type(container)
    try:
        if is_kind(kind, dict):
            values = dict.values(anything)
            return set(map(id, chain(islice(values, most), islice(reversed(values), most))))
        for base in (list, deque):
            if is_kind(kind, base):
                ends = base.__iter__(anything), base.__reversed__(anything)
                return set(map(id, chain.from_iterable(islice(end, most) for end in ends)))
        for base in (set, frozenset):
            if is_kind(kind, base):
                return set(map(id, islice(base.__iter__(anything), 2 * most)))
    except RuntimeError:
        pass  # the program changed it in the meantime
    return set()


def limit(container: Any) -> int:
    """Return `maxlen` of a deque; 0 for none."""
    found = _maxlen(container) if is_kind(type(container), deque) else None
    return found if type(found) is int else 0


def unit(container: Any) -> int:
    """Return the bytes of an entry in a container of plain bytes or numbers; 0 for a container of objects."""
    if is_kind(type(container), bytearray, _io.BytesIO, _io.StringIO):
        return 1
    array = _array_type()
    if array is not None and is_kind(type(container), array):
        return int(array.itemsize.__get__(container))
    return 0


def base_of(kind: type) -> type | None:
    """Return the base whose layout a class extends; None for `object`."""
    found: Any = _TYPE["__base__"].__get__(kind)
    return found if isinstance(found, type) else None
