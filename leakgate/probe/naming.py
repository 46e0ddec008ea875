"""Putting the way from a root to a container into words: names in the code only, never the program's keys or values."""

from __future__ import annotations

import _functools  # type: ignore[import-not-found]
import sys

from . import plain
from .kinds import (
    AsyncGeneratorType,
    CellType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    MappingProxyType,
    MethodType,
    ModuleType,
    ReferenceType,
)
from .system import FOLDER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LONGEST_PATH = 300
_RECURRING = 3
_GENERATORS: dict[int, tuple[str, str, str]] = {
    id(GeneratorType): ("generator", "gi_code", "gi_frame"),
    id(CoroutineType): ("coroutine", "cr_code", "cr_frame"),
    id(AsyncGeneratorType): ("generator", "ag_code", "ag_frame"),
}
_WAITING = ((0x80, "coroutine"), (0x20 | 0x200, "generator"))
"""Flags of code that waits in a frame of its own, which Python before 3.11 tracks in place of the generator."""
_ENTRY = "[...]"
_PLAIN_CONTAINERS = frozenset(map(id, (dict, list, tuple, set, frozenset)))
_LIMITS = frozenset(("maxsize", "max_size", "maxlen", "max_len", "max_entries", "max_items", "capacity"))
_CACHE: Any = _functools._lru_cache_wrapper
_OPTIMIZED = 1
"""Flag of code whose variables are not a namespace (CPython, `CO_OPTIMIZED`)."""
_SNAPSHOTS = sys.version_info < (3, 13)
_OURS = 3
"""References to the variables of a frame without other users: from the frame, the probe and `getrefcount`."""

FROM_C = "C code"


class Root:
    """Where a way begins."""

    __slots__ = ("label", "text", "variables")

    def __init__(self, label: str, text: str, variables: list[tuple[str, object]] | None = None) -> None:
        self.label, self.text = label, text
        self.variables = variables or []
        """Of a running function: name and value."""


class Path:
    """The words, and the ids of the objects on the way: all but the container itself."""

    __slots__ = ("above", "kind", "limit", "root", "text")

    def __init__(self, root: str, text: str, above: list[object], kind: str, limit: int = 0) -> None:
        self.limit = limit
        """The most entries that the container's owner says it admits; 0 for none."""
        self.root, self.text = root, text[:_LONGEST_PATH]
        self.above = frozenset(map(id, above))
        self.kind = kind
        """What gives the container its purpose, where that is not its type: `functools.lru_cache`."""


def name_path(root: Root, chain: list[object]) -> Path:
    """Words for the way from the first to the last of the chain; a class or a function on it is a better beginning."""
    first = chain[0]
    label, text = (_restart(first) if len(chain) > 1 else None) or (root.label, root.text)
    if root.variables and (label, text) == (root.label, root.text):
        text += ": " + next((name for name, value in root.variables if value is first), "?")
    kind = ""
    ways = chain[:-1]
    chain = _without_threads(chain)
    often = _recurring(chain)
    met = {id(type(first)): (label, text)}
    for at in range(1, len(chain)):
        above = chain[at - 2] if at > 1 else None
        parent, thing = chain[at - 1], chain[at]
        again = _restart(thing) if at < len(chain) - 1 else None
        if again is not None:
            label, text = again
        else:
            text += _step(above, parent, thing)
        if id(type(thing)) in often:
            label, text = met.setdefault(id(type(thing)), (label, text))
        kind = _purpose(parent, thing)
    return Path(label, text, ways, kind, max(map(_limit_of, chain[-3:-1]), default=0))


def _recurring(chain: list[object]) -> set[int]:
    """Ids of the classes that the way leads through again and again: how deep into a tree it goes tells nothing."""
    found: dict[int, int] = {}
    for one in chain:
        if not plain.is_built_in(type(one)):
            found[id(type(one))] = found.get(id(type(one)), 0) + 1
    return {kind for kind, count in found.items() if count >= _RECURRING}


def name_rootless(chain: list[object], label: str) -> Path:
    """Words where no root was found: from the type of the first on."""
    return name_path(Root(label, plain.type_name(type(chain[0]))), chain)


def _restart(thing: object) -> tuple[str, str] | None:
    """A class, a function or what waits in one has a name by itself."""
    kind = type(thing)
    if plain.is_kind(kind, type):
        name = plain.type_name(thing)  # type: ignore[arg-type]
        return "class " + name, name
    if kind is FunctionType:
        name = plain.function_name(thing)
        return "function " + name, name
    if id(kind) in _GENERATORS:
        word, code, _ = _GENERATORS[id(kind)]
        name = plain.code_name(getattr(thing, code))
        return word + " " + name, name + "()"
    if kind is FrameType:
        running: Any = thing
        name = plain.code_name(running.f_code)
        word = next((word for flags, word in _WAITING if running.f_code.co_flags & flags), "frame")
        return word + " " + name, name + "()"
    return None


def _without_threads(chain: list[object]) -> list[object]:
    """A `threading.local` has its attributes in a dictionary for each thread, which are in another."""
    left_out = [at + 1 for at, one in enumerate(chain) if plain.is_kind(type(one), plain.THREAD_LOCAL)]
    return [one for at, one in enumerate(chain) if at not in left_out or at >= len(chain) - 2]


def _step(above: object, parent: object, thing: object) -> str:
    kind = type(parent)
    if kind is dict and _is_namespace_of(parent, above):
        return _attribute(_key_of(parent, thing))
    if type(thing) is CellType and type(above) is FunctionType:
        return _free_variable(above, thing)
    if _is_transparent(parent, thing):
        return ""
    if id(kind) in _GENERATORS or kind is FrameType:
        frame = parent if kind is FrameType else getattr(parent, _GENERATORS[id(kind)][2])
        found = [name for name, value in variables(frame) if value is thing] if frame is not None else []
        return ": " + (found[0] if found else "?")
    if kind is MethodType:
        return ".__self__"
    return _ENTRY if id(kind) in _PLAIN_CONTAINERS else _instance_step(parent, thing)


def _is_transparent(parent: object, thing: object) -> bool:
    """Whether the program's text has no step here: from a class to its namespace, from a function to its closure."""
    kind = type(parent)
    if kind is CellType or kind is FunctionType or kind is MappingProxyType:
        return True
    return type(thing) is dict and (kind is _CACHE or plain.is_kind(kind, type, ModuleType, plain.THREAD_LOCAL))


def _is_namespace_of(thing: object, owner: object) -> bool:
    """Whether a dict holds the attributes of its owner; without an owner it is a module's."""
    if owner is None or plain.is_kind(type(owner), type, ModuleType, plain.THREAD_LOCAL):
        return True
    return id(type(owner)) not in _PLAIN_CONTAINERS and plain.namespace(owner) is thing


def _attribute(name: object) -> str:
    return "." + str(name) if plain.is_name(name) else _ENTRY


def _instance_step(parent: object, thing: object) -> str:
    kind = type(parent)
    attributes = plain.namespace(parent)
    if attributes is thing:
        return ""
    if attributes is not None:
        key = _key_of(attributes, thing)
        if key is not None:
            return _attribute(key)
    name = _key_of(dict(plain.slots(parent)), thing)
    if name is not None:
        return _attribute(name)
    return _ENTRY if plain.has_entries(kind) else ""


def _key_of(namespace: Any, thing: object) -> object:
    """The name of a value; where another took its place meanwhile, the only one whose value is alike."""
    items = list(dict.items(namespace))
    for key, value in items:
        if value is thing:
            return key
    alike = [key for key, value in items if _is_alike(value, thing)]
    return alike[0] if len(alike) == 1 else None


def _is_alike(one: object, other: object) -> bool:
    return type(one) is type(other) and plain.function_code(one) is plain.function_code(other)


def _free_variable(function: Any, cell: object) -> str:
    for name, one in zip(function.__code__.co_freevars, function.__closure__ or ()):
        if one is cell:
            return ": " + str(name)
    return ""


def _purpose(parent: object, thing: object) -> str:
    kind = type(parent)
    if type(thing) is not dict:
        return ""
    if kind is _CACHE:
        return "functools.lru_cache"
    if plain.is_kind(kind, type):
        return "class attributes"
    if id(kind) not in _PLAIN_CONTAINERS and plain.namespace(parent) is thing:
        return "instance attributes"
    return ""


def _limit_of(owner: Any) -> int:
    """A limit that the owner of a container has among its attributes, such as `maxsize` of a queue."""
    kind = type(owner)
    if kind is _CACHE:
        limit = tuple.__getitem__(_CACHE.cache_info(owner), 2)
        return limit if type(limit) is int else 0
    if id(kind) in _PLAIN_CONTAINERS or plain.is_kind(kind, type, ModuleType):
        return 0
    attributes = plain.namespace(owner)
    for name, value in list(dict.items(attributes)) if attributes is not None else ():
        if type(value) is int and value > 0 and type(name) is str and name.rpartition("__")[2].strip("_") in _LIMITS:
            return value
    return 0


def code_of(thing: object) -> Any:
    """The code of what runs or waits; None for anything else."""
    kind = type(thing)
    if kind is FrameType:
        return thing.f_code  # type: ignore[attr-defined]
    return getattr(thing, _GENERATORS[id(kind)][1]) if id(kind) in _GENERATORS else None


def variables(frame: Any) -> list[tuple[str, object]]:
    """The variables of a function that runs or waits."""
    if not frame.f_code.co_flags & _OPTIMIZED:
        return []
    found: Any = frame.f_locals
    named = [(str(name), value) for name, value in list(found.items())]
    if _SNAPSHOTS and frame.f_trace is None and sys.getrefcount(found) == _OURS:
        found.clear()  # the frame would keep this copy, and all that is in it, until the function ends
    return named


def landmarks() -> list[tuple[str, object]]:
    """Registries of the standard library under their public names, also if other objects refer to them."""
    logger = _class_attribute("logging", "Logger", "manager")
    found = [
        ("logging.Logger.manager.loggerDict", dict.get(plain.namespace(logger) or {}, "loggerDict")),
        ("weakref.finalize._registry", _class_attribute("weakref", "finalize", "_registry")),
        ("threading._active", getattr(sys.modules.get("threading"), "_active", None)),
    ]
    return [(text, thing) for text, thing in found if type(thing) is dict]


def _class_attribute(module: str, name: str, attribute: str) -> object:
    owner = getattr(sys.modules.get(module), name, None)
    return plain.class_dict(owner).get(attribute) if type(owner) is type else None


def is_fork_hooks(things: list[object]) -> bool:
    """Whether a list that only C holds is that of `os.register_at_fork`: the probe's own hook is in it."""
    owner = __name__.rpartition(".")[0]
    return any(type(one) is MethodType and plain.module_of(type(one.__self__)) == owner + ".fork" for one in things)


def unreferred(thing: object) -> Path:
    """Words for a container that no object refers to."""
    if type(thing) is list and is_fork_hooks(list.__getitem__(thing, slice(None, 100))):
        return Path("os.register_at_fork", "hooks of os.register_at_fork", [], "")
    entry = plain.newest(thing, 1)
    last = entry[0][-1] if entry else None
    if type(last) is ReferenceType:
        kept: Any = ReferenceType.__call__(last)
        bases = plain.mro(kept)[1:2] if plain.is_kind(type(kept), type) else ()
        if bases:
            name = plain.type_name(bases[0])
            return Path("class " + name, name + ".__subclasses__()", [], "weak registry")
    of = " of " + plain.type_name(type(last)) if entry else ""
    return Path(FROM_C, plain.type_name(type(thing)) + of, [], "")


def is_of_probe(kind: type) -> bool:
    """Whether a class is the probe's own."""
    return plain.module_of(kind).rpartition(".")[0] == __package__


def belongs_to_probe(one: object) -> bool:
    """Whether an object is the probe's own."""
    if type(one) is MethodType:
        one = one.__self__
    if type(one) is ModuleType:
        name = dict.get(plain.namespace(one) or {}, "__name__")
        return type(name) is str and name.partition(".")[0] == __package__
    if is_of_probe(type(one)):
        return True
    code = code_of(one)
    return code is not None and code.co_filename.startswith(FOLDER)
