"""Writes the path from a root to a container as text. It contains names in the code only, never keys or values."""

from __future__ import annotations

import _functools  # type: ignore[import-not-found]
import sys

from . import contexts, plain
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
"""Flags of code that waits in its own frame. Python before 3.11 tracks that frame in place of the generator."""
_ENTRY = "[...]"
_PLAIN_CONTAINERS = frozenset(map(id, (dict, list, tuple, set, frozenset)))
_LIMITS = frozenset(("maxsize", "max_size", "maxlen", "max_len", "max_entries", "max_items", "capacity"))
_CACHE: Any = _functools._lru_cache_wrapper
_OPTIMIZED = 1
"""Flag of code whose variables are not a namespace (CPython, `CO_OPTIMIZED`)."""
_SNAPSHOTS = sys.version_info < (3, 13)
_OURS = 3
"""References to the variables of a frame if the program has none: from the frame, the probe and `getrefcount`."""

FROM_C = "C code"


class Root:
    """The beginning of a path."""

    __slots__ = ("label", "text", "variables")

    def __init__(self, label: str, text: str, variables: list[tuple[str, object]] | None = None) -> None:
        self.label, self.text = label, text
        self.variables = variables or []
        """Name and value of the variables of a running function; empty for other roots."""


class Path:
    """The text of a path, and the ids of the objects on it without the container itself (`above`)."""

    __slots__ = ("above", "kind", "limit", "root", "text")

    def __init__(self, root: str, text: str, above: list[object], kind: str, limit: int = 0) -> None:
        self.limit = limit
        """The largest number of entries, according to the container's owner; 0 if there is no limit."""
        self.root, self.text = root, text[:_LONGEST_PATH]
        self.above = frozenset(map(id, above))
        self.kind = kind
        """The purpose of the container, such as `functools.lru_cache`; empty if its type says it."""


def name_path(root: Root, chain: list[object]) -> Path:
    """Return the path from the first to the last object of the chain.

    If there is a class or a function on the chain, the text begins with its name instead of the root's.
    """
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
    """Return the ids of classes that are on the path three times or more: the text does not show a tree's depth."""
    found: dict[int, int] = {}
    for one in chain:
        if not plain.is_built_in(type(one)):
            found[id(type(one))] = found.get(id(type(one)), 0) + 1
    return {kind for kind, count in found.items() if count >= _RECURRING}


def name_rootless(chain: list[object], label: str) -> Path:
    """Return the path if no root was found: the text begins with the type of the first object."""
    return name_path(Root(label, plain.type_name(type(chain[0]))), chain)


def _restart(thing: object) -> tuple[str, str] | None:
    """Return label and text of an object with a name of its own: a class, function, generator or frame; else None."""
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
    """Leave out the object after each `threading.local`: the outer one of two nested dictionaries of its attributes."""
    left_out = [at + 1 for at, one in enumerate(chain) if plain.is_kind(type(one), plain.THREAD_LOCAL)]
    return [one for at, one in enumerate(chain) if at not in left_out or at >= len(chain) - 2]


def _step(above: object, parent: object, thing: object) -> str:
    kind = type(parent)
    if kind is dict and _is_namespace_of(parent, above):
        return _attribute(_key_of(parent, thing))
    if type(thing) is CellType and type(above) is FunctionType:
        return _free_variable(above, thing)
    if contexts.is_part(kind):
        return "" if contexts.is_part(type(thing)) else _attribute(contexts.name_in(parent, thing))
    if _is_transparent(parent, thing):
        return ""
    if id(kind) in _GENERATORS or kind is FrameType:
        return _variable(parent, thing)
    return _ENTRY if id(kind) in _PLAIN_CONTAINERS else _instance_step(parent, thing)


def _variable(running: object, thing: object) -> str:
    """Return the step from a frame, a generator or a coroutine to the value of one of its variables."""
    kind = type(running)
    frame = running if kind is FrameType else getattr(running, _GENERATORS[id(kind)][2])
    wanted = _content(thing)
    found = [name for name, value in variables(frame) if value is wanted] if frame is not None else []
    return ": " + (found[0] if found else "?")


def _content(thing: object) -> object:
    """Return the value of a variable that a function shares with an inner one; other objects as they are."""
    if type(thing) is not CellType:
        return thing
    try:
        return thing.cell_contents
    except ValueError:  # it is empty
        return thing


def _is_transparent(parent: object, thing: object) -> bool:
    """Whether a step does not show in source code, as from a class to its namespace or a function to its closure."""
    kind = type(parent)
    if kind is CellType or kind is FunctionType or kind is MappingProxyType:
        return True
    return type(thing) is dict and (kind is _CACHE or plain.is_kind(kind, type, ModuleType, plain.THREAD_LOCAL))


def _is_namespace_of(thing: object, owner: object) -> bool:
    """Whether a dict holds the attributes of its owner. Without an owner it belongs to a module."""
    if owner is None or plain.is_kind(type(owner), type, ModuleType, plain.THREAD_LOCAL):
        return True
    return id(type(owner)) not in _PLAIN_CONTAINERS and plain.namespace(owner) is thing


def _attribute(name: object) -> str:
    return "." + str(name) if plain.is_name(name) else _ENTRY


def _instance_step(parent: object, thing: object) -> str:
    kind = type(parent)
    if kind is MethodType:
        return ".__self__"
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
    """Return the name of a value. If it was replaced in the meantime, the only name whose value is similar; or None."""
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
    """Return a limit among the attributes of a container's owner, such as `maxsize` of a queue; 0 for none."""
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
    """Return the code of a frame, a generator or a coroutine; None for other objects."""
    kind = type(thing)
    if kind is FrameType:
        return thing.f_code  # type: ignore[attr-defined]
    return getattr(thing, _GENERATORS[id(kind)][1]) if id(kind) in _GENERATORS else None


def variables(frame: Any) -> list[tuple[str, object]]:
    """Return the names and values of the variables of a frame; none for code whose variables are a namespace."""
    if not frame.f_code.co_flags & _OPTIMIZED:
        return []
    found: Any = frame.f_locals
    named = [(str(name), value) for name, value in list(found.items())]
    if _SNAPSHOTS and frame.f_trace is None and sys.getrefcount(found) == _OURS:
        # Otherwise the frame would keep this copy, and the values in it, until the function ends.
        found.clear()  # pragma: no cover - coverage itself traces the frame
    return named


def landmarks() -> list[tuple[str, object]]:
    """Return registries of the standard library with the names under which they are known."""
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
    """Whether a list that only C refers to is the one of `os.register_at_fork`: it contains the probe's own hook."""
    owner = __name__.rpartition(".")[0]
    return any(type(one) is MethodType and plain.module_of(type(one.__self__)) == owner + ".fork" for one in things)


def unreferred(thing: object) -> Path:
    """Return a path for a container to which no object refers."""
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
