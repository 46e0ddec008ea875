"""Estimates what the entries of a container keep alive: their types, and the bytes for each entry."""

from __future__ import annotations

import gc

from . import object_sizes, plain
from .kinds import BuiltinFunctionType, CodeType, FunctionType, ModuleType, ReferenceType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from typing import Any

SAMPLE = 8
_MOST_SAMPLED = 40
"""Entries to look at for a mean size, unless they lead to too many objects."""
_MOST_NODES = 2_000
_MOST_OTHERS = 20_000
"""The number of entries at each end of a container that are recognised as other entries. An entry does not keep the
objects of these."""
_SHARED = (type, ModuleType, BuiltinFunctionType, CodeType)
"""Types of objects that many others share, as functions without a closure. They do not count as kept by an entry."""
_SINGLE = (bool, type(None), type(...), type(NotImplemented))
"""Classes with at most one or two instances."""
_PLAIN = frozenset(map(id, (str, int, bool, type(None), float, bytes)))


def entry_bytes(container: object) -> int:
    """Return about how many bytes a new entry keeps alive.

    Objects that more than half of the newest entries lead to are shared and do not count.
    """
    unit = plain.unit(container)
    if unit:
        return unit
    entries = plain.newest(container, SAMPLE)
    if not entries:
        return 8
    own = own_things(container, entries, plain.entry_ids(container, _MOST_OTHERS))
    return 8 * (1 + len(entries[0])) + sum(map(object_sizes.size, own)) // len(entries)


def instances_each(container: object, kind: int) -> float:
    """Return how many instances of a class a new entry keeps alive, on average. `kind`: the id of the class.

    Objects that more than half of the newest entries lead to are shared and do not count.
    """
    entries = plain.newest(container, SAMPLE)
    return sum(id(type(one)) == kind for one in own_things(container, entries)) / max(1, len(entries))


def own_things(container: object, entries: Sequence[tuple[object, ...]], others: Collection[int] = ()) -> list[object]:
    """Return the objects to which some entries lead, without those to which more than half of the entries lead.

    `others`: ids of entries of the container, at which the search stops.
    """
    return _not_shared([reach(entry, container, others) for entry in entries])


def _not_shared(groups: list[list[object]]) -> list[object]:
    """Return the objects of some groups, each once, without those that more than half of the groups have."""
    visits: dict[int, int] = {}
    things: dict[int, object] = {}
    for group in groups:
        for key, thing in {id(thing): thing for thing in group}.items():
            visits[key] = visits.get(key, 0) + 1
            things[key] = thing
    most = max(1, len(groups) // 2)
    return [things[key] for key, count in visits.items() if count <= most]


def untracked(container: object, known: set[int]) -> dict[str, tuple[float, float]]:
    """Return the objects of each new entry that the collector does not track, such as texts, floats, bytes and tuples.

    By the name of the class: how many for each entry, and the bytes of one, as means over a few of the newest entries.
    `known`: ids of objects that were found for another container. They are left out, and those found here are added.
    """
    entries = plain.newest(container, _MOST_SAMPLED)
    groups: list[list[object]] = []
    nodes = 0
    others = plain.entry_ids(container, _MOST_OTHERS)
    for entry in entries:
        reached = reach(entry, container, others)
        nodes += len(reached)
        groups.append([thing for thing in reached if _is_untracked(thing)])
        if nodes > _MOST_NODES and len(groups) >= SAMPLE:
            break
    return _mean_of(groups, known)


def brought(instances: list[object], known: set[int]) -> dict[str, tuple[float, float]]:
    """Return the same for instances of one class: the untracked objects to which they refer.

    Untracked objects are followed further, tracked objects are not.
    """
    groups: list[list[object]] = []
    for instance in instances:
        found = [thing for thing in plain.referents(instance) if _is_untracked(thing)]
        for thing in found:
            if len(found) > _MOST_NODES:
                break
            found += [child for child in gc.get_referents(thing) if _is_untracked(child)]
        groups.append(found)
    return _mean_of(groups, known)


def _is_untracked(thing: object) -> bool:
    return (type(thing) is tuple or not gc.is_tracked(thing)) and not plain.is_kind(type(thing), *_SHARED)


def _mean_of(groups: list[list[object]], known: set[int]) -> dict[str, tuple[float, float]]:
    """Return the objects of each class for each group, and their mean size, without objects that most groups share."""
    found: dict[str, tuple[int, int]] = {}
    for thing in _not_shared(groups):
        if id(thing) not in known and type(thing) not in _SINGLE:
            known.add(id(thing))
            count, size = found.get(plain.type_name(type(thing)), (0, 0))
            found[plain.type_name(type(thing))] = count + 1, size + object_sizes.bare_size(thing)
    return {name: (count / len(groups), size / count) for name, (count, size) in found.items()}


def reach(entry: tuple[object, ...], container: object, others: Collection[int] = ()) -> list[object]:
    """Return the objects that an entry leads to, with the entry itself, without the container and shared objects.

    `others`: ids of entries of the container. The search stops at these, as at the next link of a chain.
    """
    found = list(entry)
    met = {id(container), *map(id, found)}
    for thing in found:
        if len(found) > _MOST_NODES:
            break
        for child in _children(thing):
            if id(child) not in met and id(child) not in others and not _is_shared(child):
                met.add(id(child))
                found.append(child)
    return found


def _children(thing: Any) -> Iterable[object]:
    return (thing.__closure__ or ()) if type(thing) is FunctionType else plain.referents(thing)


def _is_shared(thing: Any) -> bool:
    """Whether an object is of a type that many others share. A function with a closure was made for one of them."""
    if type(thing) is FunctionType:
        return not thing.__closure__
    return plain.is_kind(type(thing), *_SHARED)


def entry_type(container: object) -> str:
    """Return the type of the newest entry; for a dict `key: value`, or only one of them if the other is plain."""
    entries = plain.newest(container, 1)
    if not entries:
        return ""
    *key, value = entries[0]
    name = plain.type_name(type(value))
    if not key or id(type(key[0])) in _PLAIN:
        return name
    key_name = plain.type_name(type(key[0]))
    return key_name if id(type(value)) in _PLAIN else key_name + ": " + name


def is_weak(container: object) -> bool:
    """Whether the entries are weak references to living objects, judged by a few of the newest entries.

    A container of references to dead objects keeps the references themselves, and is a holder.
    """
    entries = plain.newest(container, SAMPLE)
    references: list[Any] = [entry[-1] for entry in entries if plain.is_kind(type(entry[-1]), ReferenceType)]
    return bool(entries) and 2 * sum(ReferenceType.__call__(one) is not None for one in references) >= len(entries)
