"""Values of context variables. Each thread has a `Context`, to which only the interpreter refers.

A context keeps its values in a tree of C objects (CPython, `hamt.c`). The tree is immutable: `ContextVar.set` makes a
new one.
"""

from __future__ import annotations

import gc
import sys
from _operator import is_

from . import plain, tracked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MOST = 50
"""At most this many contexts are searched, the oldest first. Those of threads are among them; tasks refer to their own
contexts."""
_TREE = frozenset(("hamt", "hamt_bitmap_node", "hamt_array_node", "hamt_collision_node"))


def contexts() -> list[object]:
    """Return the oldest contexts of the program; an empty list if it uses none."""
    kind = _type_of_c("Context")
    return tracked.select(gc.get_objects, (2, 1, 0), is_, kind)[:_MOST] if kind is not None else []


def is_part(kind: type) -> bool:
    """Whether a class is a context, or a part of its tree."""
    return kind is _type_of_c("Context") or (plain.is_built_in(kind) and plain.type_name(kind) in _TREE)


def name_in(part: object, thing: object) -> object:
    """Return the name of the variable that has this value in a part of a context; None if it is not there."""
    variable_type = _type_of_c("ContextVar")
    children = plain.referents(part)  # each value, and then its variable
    for value, variable in zip(children, children[1:]):
        if value is thing and type(variable) is variable_type:
            return plain.class_dict(variable_type)["name"].__get__(variable)
    return None


def _type_of_c(name: str) -> Any:
    found = getattr(sys.modules.get("_contextvars"), name, None)
    return found if type(found) is type else None
