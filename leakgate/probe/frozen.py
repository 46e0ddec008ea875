"""Objects that `gc.freeze` hides from the collector, as prefork servers do before they fork.

`gc.get_objects` does not list them. This module finds them by following references from the modules, and leaves out
the objects that `gc` lists.
"""

from __future__ import annotations

import gc
import sys
from _operator import not_
from itertools import compress

from . import plain
from .system import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from .answer import Answer

_MOST = 400_000
"""Objects that are visited at most; each takes about 60 bytes during the search."""
_MOST_CPU_S = 1.0
_SLICE = 5_000


def are_there() -> bool:
    """Whether there are frozen objects."""
    return bool(gc.get_freeze_count())


def objects(listed: list[object], answer: Answer) -> Generator[float, None, list[object]]:
    """Return the frozen objects that modules lead to, without tuples. `listed`: the objects that `gc` lists."""
    seen = set(map(id, listed))
    found: list[object] = []
    namespaces = [plain.module_dict(module) for module in list(sys.modules.values())]
    level: list[object] = [one for one in namespaces if one is not None]
    ends_s = system.cpu_time() + _MOST_CPU_S
    while level:
        seen.update(map(id, level))
        found += level
        following: list[object] = []
        for start in range(0, len(level), _SLICE):
            following += _unseen(level[start : start + _SLICE], seen)
            if len(seen) > _MOST or system.cpu_time() > ends_s:
                answer.note("gc.freeze hides too many objects: not all of them were examined")
                return [one for one in found if type(one) is not tuple]
            yield 0.0
        level = following
    return [one for one in found if type(one) is not tuple]


def _unseen(parents: list[object], seen: set[int]) -> list[object]:
    """Return the referents that the collector tracks and that are not in `seen`, each once; adds them to `seen`."""
    modules = [one for one in parents if type(one) is type(sys)]
    others = [one for one in parents if type(one) is not type(sys)]
    children = [*gc.get_referents(*others), *map(plain.module_dict, modules)]
    tracked = list(compress(children, map(gc.is_tracked, children)))
    new = {id(one): one for one in compress(tracked, map(not_, map(seen.__contains__, map(id, tracked))))}
    seen.update(new)
    return list(new.values())
