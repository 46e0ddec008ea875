"""The way from a root of the program to an object: breadth first from its modules, frames and tasks, so the shortest.

Where that does not come by an object, its referrers are followed upwards until they meet what was come by.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from _thread import get_ident
from array import array
from types import CodeType, FrameType, GetSetDescriptorType, MethodType, ModuleType

from . import naming, plain, resources
from .census import Grown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from .explain import Answer

_FOLDER = os.path.dirname(os.path.abspath(__file__))
_LIBRARY = os.path.dirname(os.__file__) + os.sep
_MOST_NODES = 200_000
_MOST_CHILDREN = 400
_SOME_CHILDREN = 60
_LONGEST_S = 2.5
_SLICE_S = 0.004
_MOST_FRAMES = 200
_MOST_PASSES = 40
_MOST_LEVELS = 8
_PASSES_S = 1.5
_WIDEST = 24
_OPTIMIZED = 1
"""Flag of code whose variables are not a namespace (CPython, `CO_OPTIMIZED`)."""

_LEAVES = frozenset(
    id(kind)
    for kind in (
        int,
        str,
        bytes,
        float,
        bool,
        complex,
        type(None),
        CodeType,
        GetSetDescriptorType,
        type(len),
        type(list.append),
        type(list.__len__),
        type([].__len__),
        type(...),
        type(NotImplemented),
    )
)


class Walk:
    """What is reached from the roots, each with where it was reached from."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.things: list[object] = []
        self._parents = array("l")
        self._index: dict[int, int] = {}
        self._roots: dict[int, naming.Root] = {}
        self._passes = 0
        self._give_up = 0.0

    def run(self, wanted: Iterable[object]) -> Generator[float]:
        """Walk until all that is wanted was reached, or there is too much."""
        missing = {id(thing) for thing in wanted}
        yield from self._start(missing)
        started = time.monotonic()
        at = 0
        while at < len(self.things) and missing and len(self.things) < _MOST_NODES:
            if time.monotonic() - started > _LONGEST_S:
                break
            at = self._expand_some(at, missing)
            yield 0.0
        self._give_up = time.monotonic() + _PASSES_S

    def path_to(self, thing: object) -> naming.Path | None:
        """The way to an object; None for what is the probe's own, or where it is too far from everything."""
        chain = self._chain(thing)
        if chain is not None:
            if any(_belongs_to_probe(one) for one in chain):
                return None
            return naming.name_path(self._roots[id(chain[0])], chain)
        return self._climb(thing)

    def _start(self, missing: set[int]) -> Generator[float]:
        """Globals come before the variables of running functions, which are often only other names for them."""
        modules = [(name, module) for name, module in list(sys.modules.items()) if type(name) is str]
        modules.sort(key=lambda pair: _foreignness(pair[1]))
        for name, module in modules:
            namespace = plain.module_dict(module)
            if namespace is not None and not _is_probe(namespace):
                self._enter(namespace, -1, naming.Root("module " + name, name))
        at, known = 0, len(self.things)
        while at < known:
            at = self._expand_some(at, missing)
            yield 0.0
        for frame_root in _frame_roots():
            for _, value in frame_root.variables:
                self._enter(value, -1, frame_root)
        for task in resources.tasks():
            self._enter(task, -1, naming.Root("asyncio", "task"))
        missing.difference_update(self._index)

    def _expand_some(self, at: int, missing: set[int]) -> int:
        """Go on from one index for a few milliseconds; returns where to go on."""
        until = time.monotonic() + _SLICE_S
        while at < len(self.things) and time.monotonic() < until:
            self._expand(at, missing)
            at += 1
        return at

    def _enter(self, thing: object, parent: int, root: naming.Root | None = None) -> None:
        if id(thing) in self._index or id(type(thing)) in _LEAVES:
            return
        self._index[id(thing)] = len(self.things)
        self.things.append(thing)
        self._parents.append(parent)
        if root is not None:
            self._roots[id(thing)] = root

    def _expand(self, at: int, missing: set[int]) -> None:
        thing = self.things[at]
        children = gc.get_referents(thing)
        if len(children) > _MOST_CHILDREN and not plain.is_kind(type(thing), type, ModuleType):
            wanted = [child for child in children if id(child) in missing]
            children = children[:_SOME_CHILDREN] + wanted + children[-2 * _SOME_CHILDREN :]
        for child in children:
            if id(type(child)) in _LEAVES or id(child) in self._index:
                continue
            self._enter(child, at)
            missing.discard(id(child))

    def _chain(self, thing: object) -> list[object] | None:
        at = self._index.get(id(thing))
        if at is None:
            return None
        chain = []
        while at >= 0:
            chain.append(self.things[at])
            at = self._parents[at]
        chain.reverse()
        return chain

    def _climb(self, thing: object) -> naming.Path | None:
        """Follow the referrers upwards."""
        below: dict[int, object] = {}
        level: list[object] = [thing]
        met = {id(thing)}
        for _ in range(_MOST_LEVELS):
            if self._passes >= _MOST_PASSES or time.monotonic() > self._give_up:
                break
            self._passes += 1
            before = time.perf_counter()
            referrers = gc.get_referrers(*level)
            self._answer.held(time.perf_counter() - before)
            above = [one for one in referrers if id(one) not in met and not self._is_own(one, level)]
            if any(_belongs_to_probe(one) for one in above):
                return None
            if not above:
                break
            self._connect(above, level, below)
            for one in above:
                upper = self._chain(one)
                if upper is not None:
                    return naming.name_path(self._roots[id(upper[0])], upper + _down(thing, one, below)[1:])
            named = next((one for one in above if type(one) is FrameType or plain.is_kind(type(one), type)), None)
            if named is not None:
                return naming.name_rootless(_down(thing, named, below), "")
            above.sort(key=lambda one: plain.is_kind(type(one), list, tuple))
            level = above[:_WIDEST]
            met.update(map(id, level))
        if level[0] is thing:
            return naming.unreferred(thing)
        return naming.name_rootless(_down(thing, level[0], below), "object")

    def _is_own(self, one: object, level: list[object]) -> bool:
        return one is self.things or one is level or one is self._index or type(one) is Grown or _is_frame_of_probe(one)

    def _connect(self, above: list[object], level: list[object], below: dict[int, object]) -> None:
        lower = {id(one): one for one in level}
        for one in above:
            for child in gc.get_referents(one):
                if id(child) in lower and id(one) not in below:
                    below[id(one)] = lower[id(child)]


def _down(thing: object, top: object, below: dict[int, object]) -> list[object]:
    chain = [top]
    while chain[-1] is not thing and id(chain[-1]) in below:
        chain.append(below[id(chain[-1])])
    return chain


def _frame_roots() -> list[naming.Root]:
    """The variables of all running functions but the probe's; outermost first, which are there every time."""
    found: list[naming.Root] = []
    for thread, top in list(sys._current_frames().items()):
        frame: FrameType | None = top if thread != get_ident() else None
        for _ in range(_MOST_FRAMES):
            if frame is None:
                break
            if not frame.f_code.co_filename.startswith((_FOLDER, "<frozen")):
                name = plain.code_name(frame.f_code)
                found.append(naming.Root("frame " + name, name + "()", naming.variables(frame)))
            frame = frame.f_back
    found.reverse()
    return found


def _foreignness(module: object) -> int:
    """Modules of the project come before installed packages, and those before the standard library."""
    namespace = plain.module_dict(module)
    file = dict.get(namespace, "__file__") if namespace is not None else None
    if type(file) is not str:
        return 3
    if "-packages" in file:
        return 1
    return 2 if file.startswith(_LIBRARY) else 0


def _is_probe(namespace: dict[str, object]) -> bool:
    file = dict.get(namespace, "__file__")
    return type(file) is str and file.startswith(_FOLDER)


def _is_frame_of_probe(one: object) -> bool:
    return type(one) is FrameType and one.f_code.co_filename.startswith(_FOLDER)


def _belongs_to_probe(one: object) -> bool:
    if type(one) is MethodType:
        one = one.__self__
    if plain.module_of(type(one)).rpartition(".")[0] == __package__:
        return True
    code = naming.code_of(one)
    return code is not None and code.co_filename.startswith(_FOLDER)
